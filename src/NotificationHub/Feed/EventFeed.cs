using System.Data.Common;
using System.Globalization;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Feed;

/// <summary>Matching events and the position up to which the log was scanned.</summary>
internal sealed record FeedPage(IReadOnlyList<EventEntry> Entries, long Position);

/// <summary>Reads the event log for consumers page by page and holds no connection between pages.</summary>
internal sealed class EventFeed(Database database, TimeProvider time)
{
    private const int PageSize = 500;

    // Limits the rows of one statement: a filter without matches must not scan the whole log at once.
    private const int Window = 20_000;

    // Another process can append events without setting the signal of this one.
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // Bounds the load on the database if the log grows constantly but no new event matches.
    private static readonly TimeSpan MinPollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads the <c>seq</c> of the oldest event in the log.</summary>
    public Task<long> ReadOldestAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(EventLog.ReadStartAsync, cancellationToken);

    public async Task<EventEntry?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (!TryParseSeq(id, out var seq))
        {
            return null;
        }

        var entry = await database.ReadAsync(connection => EventLog.FindAsync(connection, seq), cancellationToken);
        // An ID with another epoch or spelling does not identify this event.
        return entry is not null && CloudEventWriter.GetId(entry) == id ? entry : null;
    }

    /// <summary>Reads the next matching events after <paramref name="after"/>.</summary>
    public async Task<FeedPage> ReadAsync(
        long after,
        EventFilter filter,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var page = await ReadPageAsync(connection, after, filter, limit, cancellationToken);
        // Pruning during the read can leave a gap in the page. An empty page makes the next request get 410.
        return await EventLog.ReadStartAsync(connection) - 1 > after ? new FeedPage([], after) : page;
    }

    private static async Task<FeedPage> ReadPageAsync(
        DbConnection connection,
        long after,
        EventFilter filter,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var last = await EventLog.ReadLastAsync(connection);
        var position = after;
        while (position < last)
        {
            var upTo = Math.Min(last, position + Window);
            var entries = await EventLog.ReadPageAsync(
                connection,
                position,
                filter with
                {
                    UpTo = upTo,
                },
                Math.Min(limit, PageSize),
                cancellationToken
            );
            if (entries.Count > 0)
            {
                return new FeedPage(entries, entries[^1].Seq);
            }

            // A restore or the deletion of a location's data leaves a gap.
            position = Math.Max(upTo, await EventLog.ReadNextAsync(connection, upTo) - 1);
        }

        return new FeedPage([], position);
    }

    /// <summary>Reads like <see cref="ReadAsync"/>, but waits up to <paramref name="wait"/> for an event.</summary>
    public async Task<FeedPage> ReadOrWaitAsync(
        long after,
        EventFilter filter,
        int limit,
        TimeSpan wait,
        CancellationToken cancellationToken
    )
    {
        var started = time.GetTimestamp();
        var position = after;
        while (true)
        {
            var appended = database.Signals.EventsAppended.Next;
            var page = await ReadAsync(position, filter, limit, cancellationToken);
            var remaining = wait - time.GetElapsedTime(started);
            if (page.Entries.Count > 0 || remaining <= TimeSpan.Zero)
            {
                return page;
            }

            position = page.Position;
            var minDelay = Task.Delay(MinPollInterval, time, cancellationToken);
            await Signal.WaitAsync(
                appended,
                remaining < PollInterval ? remaining : PollInterval,
                time,
                cancellationToken
            );
            await minDelay;
        }
    }

    private static bool TryParseSeq(string id, out long seq)
    {
        seq = 0;
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && long.TryParse(id.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out seq);
    }
}
