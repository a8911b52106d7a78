using Dapper;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage.Statements;

/// <summary>Both engines have the same statements and schema, except for the differences listed here.</summary>
public sealed class EngineParityTests
{
    private static readonly string[] SqliteAlone =
    [
        "AppendEvent",
        "AppendNotification",
        "CountRejected",
        "FindNotification",
        "FollowNotifications",
        "LastNotification",
    ];

    private static readonly string[] SqlServerAlone = ["AppendEvents", "AppendNotifications"];

    private static readonly string[] TablesOfSqlServerAlone = ["commit_token"];

    /// <summary>SQLite has a partial index, and an index on an expression, instead. The model has no types of computed columns.</summary>
    private static readonly string[] ColumnsOfSqlServerAlone =
    [
        "event_log.holder integer",
        "refetch_target.is_pending integer",
    ];

    private static readonly string[] TablesOfTheMigrator = ["schema_journal", "breaking_migration"];

    [Fact]
    public void Every_statement_exists_for_both_engines_or_is_a_known_exception()
    {
        var sqlite = Names(StorageOptions.Sqlite, "Statements");
        var sqlServer = Names(StorageOptions.SqlServer, "Statements");

        sqlite.Except(sqlServer, StringComparer.Ordinal).ShouldBe(SqliteAlone);
        sqlServer.Except(sqlite, StringComparer.Ordinal).ShouldBe(SqlServerAlone);
    }

    [Fact]
    public void Every_migration_exists_for_both_engines() =>
        Names(StorageOptions.SqlServer, "Migrations").ShouldBe(Names(StorageOptions.Sqlite, "Migrations"));

    [Fact]
    public async Task Both_engines_have_the_same_tables_columns_types_and_keys()
    {
        var sqlite = await ReadSqliteAsync();
        using var model = SqlServerModel.Load();
        var sqlServer = Described(model.Tables().Where(table => !TablesOfSqlServerAlone.Contains(table.Key)));

        sqlServer
            .Except(sqlite, StringComparer.Ordinal)
            .ShouldBe(ColumnsOfSqlServerAlone, ignoreOrder: true, "SQLite lacks these columns");
        sqlite.Except(sqlServer, StringComparer.Ordinal).ShouldBeEmpty("SQL Server lacks these columns");
    }

    private static IEnumerable<string> Names(string engine, string folder) => new SqlFiles($"{engine}/{folder}/").Names;

    private static async Task<IReadOnlyList<string>> ReadSqliteAsync()
    {
        await using var connection = new SqliteConnection("Data Source=:memory:");
        await connection.OpenAsync();
        var files = new SqlFiles($"{StorageOptions.Sqlite}/Migrations/");
        foreach (var name in files.Names)
        {
            await connection.ExecuteAsync(files[name]);
        }

        var columns = await connection.QueryAsync<(
            string Table,
            string Name,
            string Type,
            bool IsRequired,
            int PlaceInKey
        )>(
            """
            select m.name, c.name, lower(c.type), c."notnull", c.pk
            from sqlite_schema m
            join pragma_table_info(m.name) c
            where m.type = 'table' and m.name not like 'sqlite_%'
            """
        );
        return Described(
            columns
                .GroupBy(column => column.Table, StringComparer.Ordinal)
                .Select(table =>
                    KeyValuePair.Create(
                        table.Key,
                        table
                            .Select(column => new SchemaColumn(
                                column.Name,
                                column.Type,
                                // SQLite reports a rowid as nullable, but it is not.
                                !column.IsRequired && column.PlaceInKey == 0,
                                column.PlaceInKey
                            ))
                            .ToList()
                    )
                )
        );
    }

    private static List<string> Described(IEnumerable<KeyValuePair<string, List<SchemaColumn>>> tables) =>
        [
            .. tables
                .Where(table => !TablesOfTheMigrator.Contains(table.Key))
                .SelectMany(table =>
                    table.Value.Select(column =>
                        $"{table.Key}.{column.Name} {column.Type}{(column.IsNullable ? "" : " not null")}"
                        + (column.PlaceInKey > 0 ? $", {column.PlaceInKey} in the key" : "")
                    )
                ),
        ];
}
