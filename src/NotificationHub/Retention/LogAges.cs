using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Retention;

/// <summary>Reads the age of the first rows of a log.</summary>
internal sealed class LogAges
{
    // An operator needs no exact number beyond it.
    private const int MaxCounted = 10_000;

    private const int Window = 20_000;

    /// <summary>The rows that earlier reads skipped, by log, so that they are not read again.</summary>
    private readonly ConcurrentDictionary<string, Skipped> skipped = new(StringComparer.Ordinal);

    // Rows before it were written while a clock was ahead, and are at least as old.
    /// <summary>Finds the first row with a plausible time.</summary>
    /// <param name="future">The latest plausible time.</param>
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
                {connection.Limit("@MaxCounted")}
            ) first_rows
            where came_at <= @before
            """,
            new { before, MaxCounted }
        );

    /// <summary>Rows at the beginning of a log with times in the future.</summary>
    /// <param name="Until">The first <c>seq</c> after them.</param>
    /// <param name="Earliest">The earliest time. From then on it is plausible, and the rows are read again.</param>
    private readonly record struct Skipped(long Until, DateTimeOffset Earliest);
}
