using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Monitoring;

/// <summary>
/// Tells, once, of a busy location that has not been heard from for long. Busy is one from which four posts or more used to come in that time: a
/// quiet one says nothing by its silence. Tests are not counted: the hub itself has Apple send them.
/// </summary>
internal sealed class SilenceMonitor(Database database, IOptions<LocationOptions> options)
{
    /// <summary>Fewer posts than these say nothing of how often they come.</summary>
    private const int FewestPosts = 10;
    private const int PostsInThatTime = 4;

    /// <returns>False: there is no more to be done at once.</returns>
    public async Task<bool> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        TimeSpan[] times =
        [
            .. options.Value.SilenceThresholds.Values,
            .. options.Value.SilenceThreshold is { } usual ? [usual] : Array.Empty<TimeSpan>(),
        ];
        if (times.Length == 0)
        {
            return false;
        }

        var (candidates, now) = await ReadAsync(times.Min(), times.Max(), cancellationToken);
        foreach (var heard in candidates)
        {
            if (heard.SilentSince is not null || IsSilent(heard, TimeOf(heard.LocationId), now))
            {
                await database.WriteAsync(transaction => NoteAsync(transaction, lease, heard), cancellationToken);
            }
        }

        return false;
    }

    private TimeSpan? TimeOf(string locationId) =>
        options.Value.SilenceThresholds.TryGetValue(locationId, out var own) ? own : options.Value.SilenceThreshold;

    private static bool IsSilent(LocationActivity heard, TimeSpan? silentAfter, long now) =>
        silentAfter is { TotalMilliseconds: var silence }
        && heard.LastNotificationAt <= now - silence
        && (heard.LastNotificationAt - heard.RegisteredAt) * PostsInThatTime <= heard.Posts * silence;

    /// <summary>Those that are told to be silent and were heard from again, and those that may be silent by any of the times.</summary>
    private async Task<(IReadOnlyList<LocationActivity> Candidates, long Now)> ReadAsync(
        TimeSpan shortest,
        TimeSpan longest,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var now = await connection.ExecuteScalarAsync<long>(database.Sql("Now"));
        var rows = await connection.QueryAsync<LocationActivity>(
            """
            select l.location_id LocationId, l.registered_at RegisteredAt, max(s.proven_at) LastNotificationAt,
                sum(s.proven_count) Posts, w.silent_since SilentSince
            from location l
            join notification_secret s on s.location_id = l.location_id
            left join location_check w on w.location_id = l.location_id
            where l.state not in ('pending', 'removed') and l.registered_at is not null
            group by l.location_id, l.registered_at, w.silent_since
            having (w.silent_since is not null and max(s.proven_at) > w.silent_since)
                or
                (
                    w.silent_since is null and max(s.proven_at) <= @before and sum(s.proven_count) >= @FewestPosts
                    and (max(s.proven_at) - l.registered_at) * @PostsInThatTime <= sum(s.proven_count) * @longest
                )
            """,
            new
            {
                before = now - (long)shortest.TotalMilliseconds,
                longest = (long)longest.TotalMilliseconds,
                FewestPosts,
                PostsInThatTime,
            }
        );
        return (rows.AsList(), now);
    }

    private static async Task NoteAsync(WriteTransaction transaction, Lease lease, LocationActivity heard)
    {
        await lease.EnsureAsync(transaction);
        var now = await transaction.NowAsync();
        var isSilent = heard.SilentSince is null;
        await LocationCheckStore.SetSilentAsync(transaction, heard.LocationId, isSilent ? now : null, now);
        if (isSilent)
        {
            var told = LocationEvents.OfSilence(heard.LocationId, heard.LastNotificationAt, heard.Posts, now);
            transaction.AppendEvents([told]);
        }
    }

    private sealed record LocationActivity
    {
        public required string LocationId { get; init; }

        public required long RegisteredAt { get; init; }

        public required long LastNotificationAt { get; init; }

        public required long Posts { get; init; }

        public long? SilentSince { get; init; }
    }
}
