using System.Data.Common;
using Dapper;
using NotificationHub.Locations;
using NotificationHub.Refetch.Scheduling;

namespace NotificationHub.FullSync;

/// <summary>Finds the locations with a due full sync, and those whose import has not begun.</summary>
internal sealed class DueFullSyncs
{
    private static readonly TimeSpan NewLocationsInterval = TimeSpan.FromSeconds(2);

    // A location has at most five full syncs.
    public const string Due = $"""
        select s.location_id, l.paused_until, s.due_at
        from full_sync s
        cross join location l
        where s.due_at <= @now and l.location_id = s.location_id and {LocationStates.Callable}
        """;

    public const string Next = "select min(s.due_at) from full_sync s where s.due_at > @now";

    private const string NewLocations = $"""
        select l.location_id, l.paused_until
        from location l
        where {LocationStates.Callable} and not exists (select 1 from full_sync s where s.location_id = l.location_id)
        """;

    private (long Version, DateTimeOffset At, IReadOnlyList<WaitingLocation> Found) newLocations = (-1, default, []);

    public async Task<(IReadOnlyList<WaitingLocation> Due, DateTimeOffset? NextDueAt)> FindAsync(
        DbConnection connection,
        DateTimeOffset now
    )
    {
        var next = await connection.ExecuteScalarAsync<DateTimeOffset?>(Next, new { now });
        var due = await connection.QueryAsync<(string LocationId, DateTimeOffset? PausedUntil, DateTimeOffset DueAt)>(
            Due,
            new { now }
        );
        return (
            [
                .. due.Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, DueAt: null, row.DueAt)),
                .. await FindNewLocationsAsync(connection, now),
            ],
            next
        );
    }

    // This query scans all locations, so it runs only after locations have changed, and every two seconds while it finds some.
    private async Task<IReadOnlyList<WaitingLocation>> FindNewLocationsAsync(
        DbConnection connection,
        DateTimeOffset now
    )
    {
        var version = await connection.ExecuteScalarAsync<long>(
            "select value from change_counter where name = 'locations'"
        );
        if (
            newLocations.Version != version
            || newLocations.Found.Count > 0
            || (now - newLocations.At).Duration() >= NewLocationsInterval
        )
        {
            var found = await connection.QueryAsync<(string LocationId, DateTimeOffset? PausedUntil)>(NewLocations);
            newLocations = (
                version,
                now,
                [
                    .. found.Select(row => new WaitingLocation(
                        row.LocationId,
                        row.PausedUntil,
                        DueAt: null,
                        FullSyncAt: DateTimeOffset.UnixEpoch
                    )),
                ]
            );
        }

        return newLocations.Found;
    }
}
