using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Watch;

/// <summary>
/// Tells, once, of a busy location that has not been heard from for long. Busy is one from which four posts or more used to come in that time: a
/// quiet one says nothing by its silence.
/// </summary>
internal sealed class SilenceWatch(Database database, IOptions<LocationOptions> options)
{
    /// <summary>Fewer posts than these say nothing of how often they come.</summary>
    private const int FewestPosts = 10;
    private const int PostsInThatTime = 4;

    public async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        if (options.Value.SilentAfter is not { } silentAfter)
        {
            return;
        }

        foreach (var heard in await ReadAsync(silentAfter, cancellationToken))
        {
            await database.WriteAsync(transaction => NoteAsync(transaction, lease, heard), cancellationToken);
        }
    }

    private async Task<IReadOnlyList<HeardLocation>> ReadAsync(
        TimeSpan silentAfter,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var rows = await connection.QueryAsync<HeardLocation>(
            """
            select l.location_id LocationId, max(s.last_used_at) LastHeardAt, sum(s.use_count) Posts, w.silent_since SilentSince
            from location l
            join notification_secret s on s.location_id = l.location_id
            left join location_watch w on w.location_id = l.location_id
            where l.state not in ('pending', 'removed') and l.registered_at is not null
            group by l.location_id, l.registered_at, w.silent_since
            having (w.silent_since is not null and max(s.last_used_at) > w.silent_since)
                or
                (
                    w.silent_since is null and max(s.last_used_at) <= @before and sum(s.use_count) >= @FewestPosts
                    and (max(s.last_used_at) - l.registered_at) * @PostsInThatTime <= sum(s.use_count) * @silence
                )
            """,
            new
            {
                before = await connection.ExecuteScalarAsync<long>(database.Sql("Now"))
                    - (long)silentAfter.TotalMilliseconds,
                silence = (long)silentAfter.TotalMilliseconds,
                FewestPosts,
                PostsInThatTime,
            }
        );
        return rows.AsList();
    }

    private async Task NoteAsync(WriteTransaction transaction, Lease lease, HeardLocation heard)
    {
        await lease.DemandAsync(transaction);
        var now = await transaction.NowAsync();
        var isSilent = heard.SilentSince is null;
        await WatchStore.SetSilentAsync(transaction, heard.LocationId, isSilent ? now : null, now);
        if (isSilent)
        {
            var told = LocationEvents.OfSilence(heard.LocationId, heard.LastHeardAt, heard.Posts, now);
            await EventLog.AppendAsync(transaction, database, [told]);
        }
    }

    private sealed record HeardLocation
    {
        public required string LocationId { get; init; }

        public required long LastHeardAt { get; init; }

        public required long Posts { get; init; }

        public long? SilentSince { get; init; }
    }
}
