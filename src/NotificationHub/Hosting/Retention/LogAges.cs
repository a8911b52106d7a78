using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Hosting.Retention;

/// <summary>How old the beginning of a log is.</summary>
internal static class LogAges
{
    /// <summary>Beyond it the exact number says nothing more.</summary>
    private const int MaxCounted = 10_000;

    /// <summary>When the first row came that would go next, in Unix milliseconds; null where the log is empty.</summary>
    public static async Task<long?> ReadFirstAsync(DbConnection connection, PrunedLog log) =>
        await connection.QueryFirstOrDefaultAsync<long?>(
            $"select {log.At} from {log.Table} where seq >= ({log.StartSql}) order by seq {connection.Limit("1")}"
        );

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
