using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage.Sqlite;

internal static class SqliteTables
{
    public static Task<IReadOnlyList<string>> ListAsync(DbConnection connection) =>
        connection.ListAsync<string>(
            "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name"
        );

    public static Task<IReadOnlyList<string>> ColumnsAsync(DbConnection connection, string table) =>
        connection.ListAsync<string>("select name from pragma_table_info(@table)", new { table });

    public static Task<DbDataReader> ReadAsync(DbConnection connection, string from, IEnumerable<string> columns) =>
        connection.ExecuteReaderAsync(
            $"select {string.Join(", ", columns.Select(column => $"\"{column}\""))} from {from}"
        );

    /// <summary>Excludes rows whose key differs from an earlier key only in trailing spaces: SQL Server treats them as equal.</summary>
    public static async Task<string> WithoutEqualKeysAsync(DbConnection connection, string table)
    {
        var keys = await connection.ListAsync<(string Name, string Type)>(
            "select name, type from pragma_table_info(@table) where pk > 0 order by pk",
            new { table }
        );
        if (keys.All(key => !key.Type.Equals("text", StringComparison.OrdinalIgnoreCase)))
        {
            return table;
        }

        string Each(string separator, Func<string, string> part) =>
            string.Join(separator, keys.Select(key => part($"\"{key.Name}\"")));
        return $"""
            (
                select a.*
                from {table} a
                where not
                (
                    ({Each(" or ", key => $"a.{key} like '% '")})
                    and exists
                    (
                        select 1
                        from {table} b
                        where {Each(" and ", key => $"rtrim(b.{key}) = rtrim(a.{key})")}
                            and ({Each(", ", key => $"b.{key}")}) < ({Each(", ", key => $"a.{key}")})
                    )
                )
            )
            """;
    }
}
