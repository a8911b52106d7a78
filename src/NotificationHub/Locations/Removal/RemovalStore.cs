using System.Data.Common;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Removal;

/// <summary>A row of <c>location_removal</c>: a removal that is not complete.</summary>
internal sealed record PendingRemoval
{
    public required string LocationId { get; init; }

    public required bool DeleteData { get; init; }

    public required bool SkipApple { get; init; }

    public required bool NoRestore { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }

    public DateTimeOffset? RemovedAt { get; init; }
}

/// <summary>The statements over <c>location_removal</c>.</summary>
internal static class RemovalStore
{
    public static Task<IReadOnlyList<PendingRemoval>> ListAsync(DbConnection connection) =>
        connection.ListAsync<PendingRemoval>(
            """
            select r.location_id LocationId, r.delete_data DeleteData, r.skip_apple SkipApple, r.no_restore NoRestore,
                r.deleted_at DeletedAt, l.removed_at RemovedAt
            from location_removal r
            join location l on l.location_id = r.location_id
            order by r.requested_at
            """
        );

    /// <returns>False if an earlier command has already started the removal.</returns>
    public static async Task<bool> BeginAsync(WriteTransaction transaction, RemoveRequest request)
    {
        var now = await transaction.NowAsync();
        var added = await transaction.ExecuteAsync(
            """
            insert into location_removal (location_id, delete_data, skip_apple, no_restore, requested_at)
            select @LocationId, 0, 0, 0, @now
            where not exists (select 1 from location_removal where location_id = @LocationId)
            """,
            new { request.LocationId, now }
        );
        await transaction.ExecuteAsync(
            """
            update location_removal
            set delete_data = case when @DeleteData = 1 then 1 else delete_data end,
                deleted_at = case when @DeleteData = 1 then null else deleted_at end,
                skip_apple = case when @SkipApple = 1 then 1 else skip_apple end,
                no_restore = case when @NoRestore = 1 then 1 else no_restore end
            where location_id = @LocationId
            """,
            request
        );
        return added > 0;
    }

    public static Task<int> SetDeletedAsync(WriteTransaction transaction, string locationId, DateTimeOffset now) =>
        transaction.ExecuteAsync(
            "update location_removal set deleted_at = @now where location_id = @locationId",
            new { locationId, now }
        );

    public static Task<int> EndAsync(WriteTransaction transaction, string locationId) =>
        transaction.ExecuteAsync("delete from location_removal where location_id = @locationId", new { locationId });
}
