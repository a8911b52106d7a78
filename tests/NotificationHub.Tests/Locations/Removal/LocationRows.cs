using Dapper;
using NotificationHub.Locations.Removal;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Locations.Removal;

/// <summary>The rows that belong to a location.</summary>
internal static class LocationRows
{
    /// <summary>Tables that are deleted with the location a day later, or that outlive it.</summary>
    public static readonly IReadOnlyList<string> NotInChunks =
    [
        "location",
        "notification_secret",
        "location_removal",
        "relay_target",
        "replaced_configuration",
        "notification_log",
        "event_log",
        "audit_entry",
        "erasure",
        "replay",
    ];

    public static Task FillAsync(Database database, string locationId) =>
        database.WriteAsync(
            async transaction =>
            {
                foreach (var key in Enumerable.Range(0, 450))
                {
                    await transaction.ExecuteAsync(
                        """
                        insert into snapshot (location_id, kind, "key", data, read_number, revision, changed_at)
                        values (@locationId, @kind, @key, '{}', 1, 1, 1)
                        """,
                        new
                        {
                            locationId,
                            kind = key % 2 == 0 ? "asset" : "user",
                            key = $"k{key / 2}",
                        }
                    );
                }

                await transaction.ExecuteAsync(
                    "insert into snapshot_state (location_id, kind, version_id) values (@locationId, 'user', 'v')",
                    new { locationId }
                );
                await transaction.ExecuteAsync(
                    "insert into operation_notification (event_id, location_id, seq) values ('e', @locationId, 1)",
                    new { locationId }
                );
                foreach (var (eventId, closedAt) in new (string, long?)[] { ("open", null), ("closed", 1) })
                {
                    await transaction.ExecuteAsync(
                        """
                        insert into operation
                        (
                            event_id, location_id, state, deferred, started_at, notifications, succeeded, failed, counted, due_at, polls,
                            closed_at
                        )
                        values (@eventId, @locationId, 'x', 0, 0, 0, 0, 0, 0, @never, 0, @closedAt)
                        """,
                        new
                        {
                            eventId,
                            locationId,
                            closedAt,
                            never = long.MaxValue,
                        }
                    );
                }
            },
            CancellationToken.None
        );

    /// <summary>All rows of the location, except for the audit log.</summary>
    public static async Task<long> CountAsync(Database database, string locationId)
    {
        var rows = 0L;
        await using var connection = await database.OpenReaderAsync(CancellationToken.None);
        foreach (
            var table in NotInChunks.Except(["audit_entry"]).Concat(LocationDataDeletion.Tables.Select(one => one.Name))
        )
        {
            rows += await connection.ExecuteScalarAsync<long>(
                $"select count(*) from {table} where location_id = @locationId",
                new { locationId }
            );
        }

        return rows;
    }
}
