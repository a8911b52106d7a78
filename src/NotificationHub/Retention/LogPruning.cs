using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Retention;

/// <param name="Name">As in <c>log_start</c>.</param>
/// <param name="At">The column with the age of a row.</param>
/// <param name="Condition">Selects the rows that are deleted with the log's beginning.</param>
internal sealed record PrunedLog(string Name, string Table, string At, string Condition)
{
    public static readonly PrunedLog Events = new("event", "event_log", "created_at", "1 = 1");

    // 0 accepted, 5 after-removal. The others await an operator, or an event of another age refers to them.
    public static readonly PrunedLog Notifications = new(
        "notification",
        "notification_log",
        "received_at",
        "disposition in (0, 5)"
    );

    public string StartSql => $"select first_seq from log_start where log = '{Name}'";
}

/// <summary>Deletes the first rows of a log, and moves <c>log_start</c> in the same transaction.</summary>
internal static class LogPruning
{
    /// <param name="old">A row that is old enough. Earlier rows are older, even if a clock that was ahead gave them later times.</param>
    /// <param name="before">The first younger row, and all rows after it, stay.</param>
    public static async Task<int> DeleteAsync(
        WriteTransaction transaction,
        PrunedLog log,
        long last,
        long old,
        DateTimeOffset before,
        int limit
    )
    {
        var first = await transaction.ScalarAsync<long>(log.StartSql);
        var rows = await transaction.QueryAsync<(long Seq, DateTimeOffset At)>(
            $"select seq, {log.At} from {log.Table} where seq >= @first and seq <= @last order by seq {transaction.Connection.Limit("@limit")}",
            new
            {
                first,
                last,
                limit,
            }
        );
        List<(long Seq, DateTimeOffset At)> expired = [.. rows.TakeWhile(row => row.At <= before || row.Seq < old)];
        if (expired.Count == 0)
        {
            return 0;
        }

        var upTo = expired[^1].Seq;
        await transaction.ExecuteAsync(
            $"delete from {log.Table} where seq >= @first and seq <= @upTo and {log.Condition}",
            new { first, upTo }
        );
        await transaction.ExecuteAsync(
            "update log_start set first_seq = @next where log = @Name",
            new { log.Name, next = upTo + 1 }
        );
        return expired.Count;
    }
}

internal sealed class LogAges
{
    // An operator needs no exact number beyond it.
    private const int MaxCounted = 10_000;

    private const int Window = 20_000;

    /// <summary>The rows that earlier reads skipped, by log, so that they are not read again.</summary>
    private readonly ConcurrentDictionary<string, Skipped> skipped = new(StringComparer.Ordinal);

    // Rows before it were written while a clock was ahead, and are at least as old.
    /// <summary>Finds the first row with a plausible time.</summary>
    public async Task<(long Seq, DateTimeOffset At)?> ReadFirstAsync(
        DbConnection connection,
        PrunedLog log,
        DateTimeOffset future
    )
    {
        var rows = 1;
        var start = await connection.ExecuteScalarAsync<long>(log.StartSql);
        var (from, earliest) =
            skipped.TryGetValue(log.Name, out var known) && known.Until > start && known.Earliest > future
                ? known
                : new Skipped(start, DateTimeOffset.MaxValue);
        while (true)
        {
            var (seq, last, first) = await connection.QuerySingleAsync<(long?, long?, DateTimeOffset?)>(
                $"""
                select min(case when came_at <= @future then seq end), max(seq), min(came_at)
                from
                (
                    select seq, {log.At} came_at
                    from {log.Table}
                    where seq >= @from
                    order by seq
                    {connection.Limit("@rows")}
                ) some_rows
                """,
                new
                {
                    from,
                    future,
                    rows,
                }
            );
            if (seq is not null)
            {
                var at = await connection.ExecuteScalarAsync<DateTimeOffset?>(
                    $"select {log.At} from {log.Table} where seq = @seq",
                    new { seq }
                );
                return at is null ? null : (seq.Value, at.Value);
            }

            if (last is null)
            {
                return null;
            }

            (from, rows) = (last.Value + 1, Window);
            earliest = StoredTime.Earlier(earliest, first ?? DateTimeOffset.MaxValue);
            skipped[log.Name] = new Skipped(from, earliest);
        }
    }

    public static Task<long> CountOlderAsync(DbConnection connection, PrunedLog log, DateTimeOffset before) =>
        connection.ExecuteScalarAsync<long>(
            $"""
            select count(*)
            from
            (
                select {log.At} came_at
                from {log.Table}
                where seq >= ({log.StartSql})
                order by seq
                {connection.Limit(MaxCounted)}
            ) first_rows
            where came_at <= @before
            """,
            new { before }
        );

    /// <summary>Rows at the beginning of a log with times in the future.</summary>
    /// <param name="Until">The first <c>seq</c> after them.</param>
    /// <param name="Earliest">The earliest time. From then on it is plausible, and the rows are read again.</param>
    private readonly record struct Skipped(long Until, DateTimeOffset Earliest);
}
