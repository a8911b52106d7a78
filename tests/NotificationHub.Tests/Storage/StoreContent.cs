using System.Data.Common;
using System.Text.Json;
using Dapper;
using Microsoft.Data.SqlClient;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Tests.Storage;

/// <summary>The content of a database of either engine.</summary>
internal static class StoreContent
{
    public static async Task<IReadOnlyList<string>> TablesAsync(DbConnection connection) =>
        connection is SqlConnection
            ? (await connection.QueryAsync<string>("select name from sys.tables order by name")).AsList()
            : await SqliteTables.ListAsync(connection);

    /// <summary>The cells of a table by column, without computed columns.</summary>
    public static async Task<IReadOnlyList<IDictionary<string, object?>>> RowsAsync(
        DbConnection connection,
        string table
    )
    {
        var computed =
            connection is SqlConnection
                ? (
                    await connection.QueryAsync<string>(
                        "select name from sys.computed_columns where object_id = object_id(@table)",
                        new { table }
                    )
                ).AsList()
                : [];
        var rows = (await connection.QueryAsync($"select * from {table}"))
            .Select(row => (IDictionary<string, object?>)row)
            .ToList();
        rows.ForEach(row => computed.ForEach(column => row.Remove(column)));
        return rows;
    }

    /// <summary>One sorted line for each row of these tables.</summary>
    public static async Task<IReadOnlyList<string>> LinesAsync(DbConnection connection, IEnumerable<string> tables)
    {
        List<string> lines = [];
        foreach (var table in tables)
        {
            lines.AddRange(
                from row in await RowsAsync(connection, table)
                select $"{table} {JsonSerializer.Serialize(new SortedDictionary<string, object?>(row, StringComparer.Ordinal))}"
            );
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }
}
