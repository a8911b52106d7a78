using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <param name="PageToken">Empty for the first page.</param>
internal sealed record FullSyncPage(long Number, string PageToken);

/// <summary>The statements over <c>full_sync_page</c>: the pages that a full sync has read.</summary>
internal static class FullSyncPages
{
    public static Task<IReadOnlyList<FullSyncPage>> ReadAsync(WriteTransaction transaction, FullSyncState fullSync) =>
        transaction.QueryAsync<FullSyncPage>(
            "select number, page_token PageToken from full_sync_page where location_id = @LocationId and resource = @KindName",
            fullSync
        );

    public static Task AddAsync(WriteTransaction transaction, FullSyncState fullSync, long number) =>
        transaction.ExecuteAsync(
            "insert into full_sync_page (location_id, resource, number, page_token) values (@LocationId, @KindName, @number, @PageToken)",
            new
            {
                fullSync.LocationId,
                fullSync.KindName,
                number,
                PageToken = fullSync.PageToken ?? "",
            }
        );

    public static Task DeleteAsync(WriteTransaction transaction, FullSyncState fullSync) =>
        transaction.ExecuteAsync(
            "delete from full_sync_page where location_id = @LocationId and resource = @KindName",
            fullSync
        );
}
