using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Monitoring;

// Test notifications do not count, because the hub itself makes Apple send them.
internal sealed class SilenceMonitor(Database database, IOptions<LocationOptions> options)
{
    /// <summary>Fewer deliveries do not show how often they arrive.</summary>
    private const int MinDeliveries = 10;

    /// <summary>How many deliveries within the threshold make a location busy.</summary>
    private const int DeliveriesPerThreshold = 4;

    /// <returns>False: the next pass can wait.</returns>
    public async Task<bool> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        TimeSpan[] thresholds =
        [
            .. options.Value.SilenceThresholds.Values,
            .. options.Value.SilenceThreshold is { } usual ? [usual] : Array.Empty<TimeSpan>(),
        ];
        if (thresholds.Length == 0)
        {
            return false;
        }

        var (candidates, now) = await ReadAsync(thresholds.Min(), cancellationToken);
        foreach (var location in candidates)
        {
            if (location.SilentSince is not null || IsSilent(location, now))
            {
                await database.WriteAsync(transaction => RecordAsync(transaction, lease, location), cancellationToken);
            }
        }

        return false;
    }

    private bool IsSilent(LocationActivity location, DateTimeOffset now)
    {
        var threshold = options.Value.SilenceThresholds.TryGetValue(location.LocationId, out var own)
            ? own
            : options.Value.SilenceThreshold;
        return threshold is { } silence
            && location.LastNotificationAt <= now - silence
            && (location.LastNotificationAt - location.RegisteredAt) * DeliveriesPerThreshold
                <= location.Deliveries * silence;
    }

    private async Task<(IReadOnlyList<LocationActivity> Candidates, DateTimeOffset Now)> ReadAsync(
        TimeSpan shortest,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var now = await connection.ExecuteScalarAsync<DateTimeOffset>(database.Sql("Now"));
        var rows = await connection.QueryAsync<LocationActivity>(
            """
            select l.location_id LocationId, l.registered_at RegisteredAt, max(s.proven_at) LastNotificationAt,
                sum(s.proven_count) Deliveries, w.silent_since SilentSince
            from location l
            join notification_secret s on s.location_id = l.location_id
            left join location_check w on w.location_id = l.location_id
            where l.state not in ('pending', 'removed') and l.registered_at is not null
            group by l.location_id, l.registered_at, w.silent_since
            having (w.silent_since is not null and max(s.proven_at) > w.silent_since)
                or (w.silent_since is null and max(s.proven_at) <= @before and sum(s.proven_count) >= @MinDeliveries)
            """,
            new { before = now - shortest, MinDeliveries }
        );
        return (rows.AsList(), now);
    }

    private static async Task RecordAsync(WriteTransaction transaction, Lease lease, LocationActivity location)
    {
        await lease.EnsureAsync(transaction);
        var now = await transaction.NowAsync();
        var isSilent = location.SilentSince is null;
        await LocationCheckStore.SetSilentAsync(
            transaction,
            location.LocationId,
            isSilent ? now : (DateTimeOffset?)null,
            now
        );
        if (isSilent)
        {
            transaction.AppendEvents([
                LocationEventFactory.CreateSilent(
                    location.LocationId,
                    location.LastNotificationAt,
                    location.Deliveries,
                    now
                ),
            ]);
        }
    }

    private sealed record LocationActivity
    {
        public required string LocationId { get; init; }

        public required DateTimeOffset RegisteredAt { get; init; }

        public required DateTimeOffset LastNotificationAt { get; init; }

        public required long Deliveries { get; init; }

        public DateTimeOffset? SilentSince { get; init; }
    }
}
