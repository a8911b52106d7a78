using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Removal;

/// <summary>A row of <c>location_removal</c>: a removal that is not complete. Times are Unix milliseconds.</summary>
internal sealed record PendingRemoval
{
    public required string LocationId { get; init; }

    public required bool DeleteData { get; init; }

    public required bool SkipApple { get; init; }

    /// <summary>When the location's data was deleted; null if it was not yet.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    public DateTimeOffset? RemovedAt { get; init; }
}

/// <summary>The statements over <c>location_removal</c>.</summary>
internal static class RemovalStore
{
    public static async Task<IReadOnlyList<PendingRemoval>> ListAsync(DbConnection connection) =>
        (
            await connection.QueryAsync<PendingRemoval>(
                """
                select r.location_id LocationId, r.delete_data DeleteData, r.skip_apple SkipApple, r.deleted_at DeletedAt, l.removed_at RemovedAt
                from location_removal r
                join location l on l.location_id = r.location_id
                order by r.requested_at
                """
            )
        ).AsList();

    /// <summary>Stores the request before anything else changes.</summary>
    /// <returns>False if an earlier command has already started the removal.</returns>
    public static async Task<bool> BeginAsync(WriteTransaction transaction, RemoveRequest request)
    {
        var now = await transaction.NowAsync();
        var added = await transaction.ExecuteAsync(
            """
            insert into location_removal (location_id, delete_data, skip_apple, requested_at)
            select @LocationId, 0, 0, @now
            where not exists (select 1 from location_removal where location_id = @LocationId)
            """,
            new { request.LocationId, now }
        );
        if (request.DeleteData)
        {
            await transaction.ExecuteAsync(
                "update location_removal set delete_data = 1, deleted_at = null where location_id = @LocationId",
                request
            );
        }

        if (request.SkipApple)
        {
            await transaction.ExecuteAsync(
                "update location_removal set skip_apple = 1 where location_id = @LocationId",
                request
            );
        }

        return added > 0;
    }

    public static Task SetDeletedAsync(WriteTransaction transaction, string locationId, DateTimeOffset now) =>
        transaction.ExecuteAsync(
            "update location_removal set deleted_at = @now where location_id = @locationId",
            new { locationId, now }
        );

    public static Task EndAsync(WriteTransaction transaction, string locationId) =>
        transaction.ExecuteAsync("delete from location_removal where location_id = @locationId", new { locationId });
}
