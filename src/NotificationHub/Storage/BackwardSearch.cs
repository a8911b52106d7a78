using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage;

/// <param name="Before">Earlier rows were not searched: continue with the rows before this seq. Null at the beginning of the log.</param>
internal sealed record FoundRows<T>(IReadOnlyList<T> Rows, long? Before);

/// <summary>The part of a log that a search covers, both ends included.</summary>
internal readonly record struct SeqRange(long First, long Last)
{
    public bool IsEmpty => First > Last;
}

/// <summary>Searches a log from its end for rows that no index finds: in windows, and for a limited time.</summary>
internal sealed class BackwardSearch(TimeProvider time)
{
    /// <summary>The time for one page, so that it responds within 300 ms; a command has no limit.</summary>
    public static readonly TimeSpan PageTime = TimeSpan.FromMilliseconds(150);

    private const long MinWindow = 1_000;
    private const long MaxWindow = 256_000;

    // The time of one statement: the search ends soon after its time is over, and a reader must not delay a checkpoint.
    private static readonly TimeSpan WindowTime = TimeSpan.FromMilliseconds(25);

    /// <param name="connection">A connection for reads.</param>
    /// <param name="log">The log.</param>
    /// <param name="range">The rows to search.</param>
    /// <param name="limit">The maximum number of rows to find.</param>
    /// <param name="limitTime">When to stop; at least one window is searched.</param>
    /// <param name="readAsync">Reads matching rows of a range, the newest first, up to a number.</param>
    /// <param name="seqOf">The seq of a row.</param>
    public async Task<FoundRows<T>> RunAsync<T>(
        DbConnection connection,
        TimedLog log,
        SeqRange range,
        int limit,
        TimeSpan limitTime,
        Func<SeqRange, int, Task<IReadOnlyList<T>>> readAsync,
        Func<T, long> seqOf
    )
    {
        List<T> found = [];
        var started = time.GetTimestamp();
        var size = MinWindow;
        while (!range.IsEmpty)
        {
            var windowStarted = time.GetTimestamp();
            // A restore leaves a gap that is larger than any log.
            range = range with
            {
                Last = await log.FindLastAsync(connection, range.Last),
            };
            if (range.IsEmpty)
            {
                break;
            }

            var window = range with { First = Math.Max(range.First, range.Last - size + 1) };
            found.AddRange(await readAsync(window, limit - found.Count));
            if (found.Count >= limit)
            {
                return new FoundRows<T>(found, seqOf(found[^1]) > range.First ? seqOf(found[^1]) : null);
            }

            range = range with { Last = window.First - 1 };
            if (time.GetElapsedTime(started) >= limitTime)
            {
                break;
            }

            // Bodies differ in size, and an index has far more rows per page.
            size = time.GetElapsedTime(windowStarted) < WindowTime ? size * 2 : size / 2;
            size = Math.Clamp(size, MinWindow, MaxWindow);
        }

        return new FoundRows<T>(found, range.IsEmpty ? null : range.Last + 1);
    }
}

/// <summary>A log with the column of its times.</summary>
internal sealed record TimedLog(string Table, string At)
{
    public static readonly TimedLog Notifications = new("notification_log", "received_at");

    public static readonly TimedLog Events = new("event_log", "created_at");
}

internal static class TimedLogs
{
    /// <summary>The rows that exist, except for gaps.</summary>
    public static async Task<SeqRange> ReadRangeAsync(this TimedLog log, DbConnection connection)
    {
        // Two subqueries, because SQLite would scan the table for both values at once.
        var (first, last) = await connection.QuerySingleAsync<(long?, long?)>(
            $"select (select min(seq) from {log.Table}), (select max(seq) from {log.Table})"
        );
        return new SeqRange(first ?? 1, last ?? 0);
    }

    /// <summary>Finds the rows of a period that are before a <c>seq</c>; null for no limit.</summary>
    public static async Task<SeqRange> FindRangeAsync(
        this TimedLog log,
        DbConnection connection,
        DateTimeOffset? since,
        DateTimeOffset? until,
        long? before
    )
    {
        var stored = await log.ReadRangeAsync(connection);
        var first = since is { } from ? await log.FindFirstAsync(connection, stored, from) : stored.First;
        var last = until is { } end ? await log.FindFirstAsync(connection, stored, end) - 1 : stored.Last;
        return new SeqRange(first, Math.Min(last, before - 1 ?? last));
    }

    /// <summary>Finds the first <c>seq</c> of a range at or after a time; if there is none, the one after the range.</summary>
    // A binary search: the times ascend with the seq unless a clock was set back.
    public static async Task<long> FindFirstAsync(
        this TimedLog log,
        DbConnection connection,
        SeqRange range,
        DateTimeOffset time
    )
    {
        var (low, high) = (range.First, range.Last + 1);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var row = await connection.QueryFirstOrDefaultAsync<(long Seq, DateTimeOffset At)?>(
                $"""
                select seq, {log.At}
                from {log.Table}
                where seq >= @middle and seq < @high
                order by seq
                {connection.Limit("1")}
                """,
                new { middle, high }
            );
            if (row is var (seq, at) && at < time)
            {
                low = seq + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Finds the last existing row up to a <c>seq</c>; 0 if there is none.</summary>
    public static Task<long> FindLastAsync(this TimedLog log, DbConnection connection, long upTo) =>
        connection.ExecuteScalarAsync<long>(
            $"select coalesce(max(seq), 0) from {log.Table} where seq <= @upTo",
            new { upTo }
        );

    public static Task<DateTimeOffset?> ReadTimeAsync(this TimedLog log, DbConnection connection, long from) =>
        connection.ExecuteScalarAsync<DateTimeOffset?>(
            $"select {log.At} from {log.Table} where seq >= @from order by seq {connection.Limit("1")}",
            new { from }
        );
}
