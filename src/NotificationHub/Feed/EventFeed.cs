using System.Data.Common;
using System.Globalization;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Feed;

/// <summary>Some events, and how far the log has been looked through for them.</summary>
internal sealed record FeedPage(IReadOnlyList<EventEntry> Entries, long Position);

/// <summary>Reads the event log for consumers, a page at a time and with no connection held between pages.</summary>
internal sealed class EventFeed(Database database, TimeProvider time)
{
    private const int PageSize = 500;

    /// <summary>How many rows one statement looks through: a filter that matches nothing must not scan the log in one go.</summary>
    private const int Window = 20_000;

    /// <summary>Events that another process appends raise no signal here.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>From one look to the next, at least: the log may grow all the time without an event that fits.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <summary>The <c>seq</c> from which on events are kept.</summary>
    public async Task<long> ReadOldestAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await EventLog.ReadStartAsync(connection);
    }

    public async Task<EventEntry?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (!TryParseSeq(id, out var seq))
        {
            return null;
        }

        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var entry = await EventLog.FindAsync(connection, seq);
        // An id of another epoch, or spelled otherwise, is not this event's.
        return entry is not null && CloudEventWriter.GetId(entry) == id ? entry : null;
    }

    /// <summary>The next events behind <paramref name="after"/>; none where the log has no more that fit.</summary>
    public async Task<FeedPage> ReadAsync(
        long after,
        EventFilter filter,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var page = await ReadPageAsync(connection, after, filter, limit, cancellationToken);
        // What was removed while it was read is missing without a trace: the consumer asks on from there, and is told.
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

            // Behind a restore, and where a location was purged, there is a gap.
            position = Math.Max(upTo, await EventLog.ReadNextAsync(connection, upTo) - 1);
        }

        return new FeedPage([], position);
    }

    /// <summary>As <see cref="ReadAsync"/>, but holds until there is an event or <paramref name="wait"/> is over.</summary>
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
            var left = wait - time.GetElapsedTime(started);
            if (page.Entries.Count > 0 || left <= TimeSpan.Zero)
            {
                return page;
            }

            position = page.Position;
            var paced = Task.Delay(Pace, time, cancellationToken);
            await Signal.WaitAsync(appended, left < Poll ? left : Poll, time, cancellationToken);
            await paced;
        }
    }

    private static bool TryParseSeq(string id, out long seq)
    {
        seq = 0;
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && long.TryParse(id.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out seq);
    }
}
