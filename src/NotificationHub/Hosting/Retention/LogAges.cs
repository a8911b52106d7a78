using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Hosting.Retention;

/// <summary>How old the beginning of a log is.</summary>
internal static class LogAges
{
    /// <summary>Beyond it the exact number says nothing more.</summary>
    private const int MaxCounted = 10_000;

    /// <summary>The number of rows that one statement scans.</summary>
    private const int Window = 20_000;

    /// <summary>
    /// Finds the first row with a plausible time, in Unix milliseconds; null if there is none. Earlier rows were written while a clock was
    /// ahead, and are at least as old.
    /// </summary>
    /// <param name="future">The latest plausible time.</param>
    public static async Task<(long Seq, long At)?> ReadFirstAsync(DbConnection connection, PrunedLog log, long future)
    {
        var rows = 1;
        var from = await connection.ExecuteScalarAsync<long>(log.StartSql);
        while (true)
        {
            var (seq, last) = await connection.QuerySingleAsync<(long?, long?)>(
                $"""
                select min(case when came_at <= @future then seq end), max(seq)
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
                var at = await connection.ExecuteScalarAsync<long?>(
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
        }
    }

    public static Task<long> CountOlderAsync(DbConnection connection, PrunedLog log, long before) =>
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
}
