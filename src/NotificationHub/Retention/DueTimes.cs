using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.OperationTracking;
using NotificationHub.Refetch;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Retention;

/// <param name="Find">Selects the keys of rows that are due after <c>@tooFar</c>.</param>
internal sealed record DueTime(string Name, TimeSpan Longest, Func<DbConnection, string> Find, string Repair);

// A clock that was ahead wrote these times. They would delay the work by as much.
/// <summary>Resets due times that are further ahead than the longest interval.</summary>
internal sealed partial class DueTimes(
    Database database,
    IOptions<RefetchOptions> refetch,
    IOptions<FullSyncOptions> fullSync,
    IOptions<LocationOptions> locations,
    TimeProvider time,
    ILogger<DueTimes> logger
)
{
    private const int BatchRows = 100;

    // Tolerates small differences between the clocks of replicas.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromDays(1);

    private const string RepairTarget = """
        update refetch_target
        set due_at = @now,
            first_requested_at = case when first_requested_at > @now then @now else first_requested_at end,
            last_requested_at = case when last_requested_at > @now then @now else last_requested_at end
        where location_id = @location_id and kind = @kind and "key" = @key and due_at > @tooFar
        """;

    private const string RepairFullSync =
        "update full_sync set due_at = @now where location_id = @location_id and kind = @kind and due_at > @tooFar";

    private const string RepairOperation = """
        update operation
        set due_at = @now, last_polled_at = case when last_polled_at > @now then @now else last_polled_at end
        where event_id = @event_id and location_id = @location_id and due_at > @tooFar
        """;

    public async Task<int> RepairAsync(Lease lease, CancellationToken cancellationToken)
    {
        var repaired = 0;
        foreach (var due in ListDueTimes())
        {
            var rows = await RepairAsync(due, lease, cancellationToken);
            if (rows > 0)
            {
                Log.Repaired(logger, rows, due.Name, due.Longest);
            }

            repaired += rows;
        }

        if (repaired > 0)
        {
            database.Signals.TargetsRequested.Raise();
        }

        return repaired;
    }

    private IReadOnlyList<DueTime> ListDueTimes()
    {
        var settings = refetch.Value;
        // Jitter lengthens backoffs by up to half, full syncs by a tenth, and comparisons by a quarter.
        var retry = Longer(RefetchFailures.FailedRetryDelay, 1.5 * RefetchFailures.LongestRetryDelay);
        return
        [
            new(
                "refetch targets",
                Longer(settings.LongestMaxWait, settings.StaleReadDelay),
                connection => Targets(connection, "t.attempts = 0"),
                RepairTarget
            ),
            new(
                "failed refetch targets",
                Longer(retry, MaxRetryAfter),
                connection => Targets(connection, "t.attempts > 0"),
                RepairTarget
            ),
            new(
                "full syncs",
                Longer(
                    fullSync.Value.Interval == TimeSpan.Zero
                        ? FullSyncSchedule.AllUsersEvery
                        : 1.1 * fullSync.Value.Interval,
                    retry
                ),
                connection => FullSyncs(connection, "not in"),
                RepairFullSync
            ),
            new(
                "subscription full syncs",
                Longer(1.1 * fullSync.Value.SubscriptionInterval, retry),
                connection => FullSyncs(connection, "in"),
                RepairFullSync
            ),
            new(
                "Client Config comparisons",
                Longer(1.25 * locations.Value.VerifyInterval, TimeSpan.FromDays(1.25)),
                connection =>
                    $"select location_id from location_check where due_at > @tooFar order by due_at {connection.Limit("@limit")}",
                "update location_check set due_at = @now where location_id = @location_id and due_at > @tooFar"
            ),
            new(
                "location pauses",
                Longer(1.5 * RefetchFailures.LongestRetryDelay, MaxRetryAfter),
                connection =>
                    $"select location_id from location where paused_until > @tooFar order by location_id {connection.Limit("@limit")}",
                "update location set paused_until = null where location_id = @location_id and paused_until > @tooFar"
            ),
            new("operations", OperationTiming.MaxDelay, connection => Operations(connection, "= 0"), RepairOperation),
            new(
                "deferred operations",
                OperationTiming.MaxDeferredDelay,
                connection => Operations(connection, "<> 0"),
                RepairOperation
            ),
        ];
    }

    private async Task<int> RepairAsync(DueTime due, Lease lease, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var tooFar = now + due.Longest + Margin;
        var sum = 0;
        while (true)
        {
            var rows = await FindAsync(due, tooFar, cancellationToken);
            if (rows.Count == 0)
            {
                return sum;
            }

            sum += await database.WriteAsync(
                lease,
                async transaction =>
                {
                    var repaired = 0;
                    foreach (var row in rows)
                    {
                        row.AddDynamicParams(new { now, tooFar });
                        repaired += await transaction.ExecuteAsync(due.Repair, row);
                    }

                    return repaired;
                },
                cancellationToken
            );
            if (rows.Count < BatchRows)
            {
                return sum;
            }
        }
    }

    private async Task<IReadOnlyList<DynamicParameters>> FindAsync(
        DueTime due,
        DateTimeOffset tooFar,
        CancellationToken cancellationToken
    )
    {
        var rows = await database.ReadAsync(
            connection => connection.QueryAsync(due.Find(connection), new { tooFar, limit = BatchRows }),
            cancellationToken
        );
        return [.. rows.Select(row => new DynamicParameters((IDictionary<string, object>)row))];
    }

    private static string Targets(DbConnection connection, string which) =>
        $"""
            select t.location_id, t.kind, t."key"
            from refetch_target t
            where {connection.IsPending("t")} and t.due_at > @tooFar and {which}
            order by t.due_at
            {connection.Limit("@limit")}
            """;

    private static string FullSyncs(DbConnection connection, string within) =>
        $"""
            select location_id, kind
            from full_sync
            where due_at > @tooFar and kind {within} ('subscription', 'subscription-assignment')
            order by due_at
            {connection.Limit("@limit")}
            """;

    private static string Operations(DbConnection connection, string deferred) =>
        $"""
            select event_id, location_id
            from operation
            where closed_at is null and due_at > @tooFar and deferred {deferred}
            order by location_id, due_at
            {connection.Limit("@limit")}
            """;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Corrected the due times of {Rows} {Kind}: they were more than {Longest} ahead, because a clock was wrong. They are due now."
        )]
        public static partial void Repaired(ILogger logger, int rows, string kind, TimeSpan longest);
    }
}
