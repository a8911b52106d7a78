using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage.Sqlite;

/// <summary>What a database holds, as it says itself.</summary>
internal static class SqliteTables
{
    public static async Task<IReadOnlyList<string>> ListAsync(DbConnection connection) =>
        (
            await connection.QueryAsync<string>(
                "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name"
            )
        ).AsList();

    public static async Task<IReadOnlyList<string>> ColumnsAsync(DbConnection connection, string table) =>
        (await connection.QueryAsync<string>("select name from pragma_table_info(@table)", new { table })).AsList();

    /// <summary>All rows, with the members in that order.</summary>
    public static Task<DbDataReader> ReadAsync(DbConnection connection, string table, IEnumerable<string> columns) =>
        connection.ExecuteReaderAsync(
            $"select {string.Join(", ", columns.Select(column => $"\"{column}\""))} from {table}"
        );
}
