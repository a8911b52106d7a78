using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>A page that a full sync has read.</summary>
/// <param name="Number">The number that it was read under.</param>
/// <param name="Place">Where it is; empty for the first one.</param>
internal sealed record FullSyncPage(long Number, string Place);

/// <summary>The statements over <c>full_sync_page</c>: what a full sync has read itself, whatever else was read meanwhile.</summary>
internal static class FullSyncPages
{
    public static Task<IReadOnlyList<FullSyncPage>> ReadAsync(WriteTransaction transaction, FullSyncState fullSync) =>
        transaction.QueryAsync<FullSyncPage>(
            "select number, place from full_sync_page where location_id = @LocationId and resource = @Resource",
            fullSync
        );

    public static Task AddAsync(WriteTransaction transaction, FullSyncState fullSync, long number) =>
        transaction.ExecuteAsync(
            "insert into full_sync_page (location_id, resource, number, place) values (@LocationId, @Resource, @number, @Place)",
            new
            {
                fullSync.LocationId,
                fullSync.Resource,
                number,
                Place = fullSync.Place ?? "",
            }
        );

    public static Task ForgetAsync(WriteTransaction transaction, FullSyncState fullSync) =>
        transaction.ExecuteAsync(
            "delete from full_sync_page where location_id = @LocationId and resource = @Resource",
            fullSync
        );
}
