using System.Data.Common;
using Dapper;
using NotificationHub.Storage;
using NotificationHub.Storage.Maintenance;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Tests.Storage;

/// <summary>Copies a SQLite file into a new database of the engine.</summary>
public abstract class CopyContract : LogStateContract
{
    private static readonly string[] NotCopied =
    [
        "schema_journal",
        "breaking_migration",
        "lease",
        "replica",
        "data_protection_key",
    ];

    /// <summary>The copy adds a row to the first table and increments the second.</summary>
    private static readonly string[] Changed = ["audit_entry", "change_counter"];

    private TestDatabase source = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        source = await TestDatabase.OpenAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        if (source is not null)
        {
            await source.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    [Fact]
    public async Task Every_column_of_every_table_is_copied_unchanged()
    {
        IReadOnlyList<string> tables;
        await using (var connection = await source.Database.OpenReaderAsync(CancellationToken.None))
        {
            tables = [.. (await SqliteTables.ListAsync(connection)).Except(NotCopied, StringComparer.Ordinal)];
        }

        tables.Count.ShouldBeGreaterThan(15);
        foreach (var table in tables)
        {
            await FillAsync(table);
        }

        var copied = await CopyAsync();

        copied.Keys.ShouldBe(tables, ignoreOrder: true);
        copied.Values.ShouldAllBe(rows => rows >= 2);
        var unchanged = tables.Except(Changed, StringComparer.Ordinal).ToList();
        (await LinesAsync(Database, unchanged)).ShouldBe(await LinesAsync(source.Database, unchanged));
        (await LinesAsync(source.Database, ["audit_entry"])).ShouldBeSubsetOf(
            await LinesAsync(Database, ["audit_entry"])
        );
        (
            await Test.ScalarAsync<long>("select count(*) from audit_entry where action = 'migrate --from-sqlite'")
        ).ShouldBe(1);
        (await Test.QueryAsync<long>("select value from change_counter order by value")).ShouldBe(
            (await source.QueryAsync<long>("select value + 1 from change_counter order by value"))
        );
    }

    [Theory]
    [InlineData(LogState.NeverUsed)]
    [InlineData(LogState.InUse)]
    [InlineData(LogState.Pruned)]
    [InlineData(LogState.Truncated)]
    public async Task Both_logs_continue_after_the_sequences_of_the_source(LogState state)
    {
        var last = await FillAsync(source.Database, state);

        await CopyAsync();

        // A seq of 0 would be before every cursor, so that no stage would process it.
        (await PostAsync(Database)).ShouldBeGreaterThan(last.Notification);
        (await AppendEventAsync(Database)).ShouldBeGreaterThan(last.Event);
        var start = await Test.ScalarAsync<long>("select first_seq from log_start where log = 'event'");
        start.ShouldBe(state == LogState.Pruned ? last.Event + 1 : 1);
    }

    [Fact]
    public async Task A_repetition_of_a_copied_notification_is_detected_as_a_duplicate()
    {
        var before = await source.Database.AppendAsync(Notification("a", "{\"ä\":1}"));

        await CopyAsync();

        (await Database.AppendAsync(Notification("a", "{\"ä\":1}"))).ShouldBe(
            new AppendOutcome(AppendResult.Duplicate, before.Seq)
        );
    }

    [Fact]
    public async Task Many_rows_and_a_large_body_are_copied()
    {
        await source.ExecuteAsync(
            """
            with recursive n (i) as (select 1 union all select i + 1 from n where i < 4500)
            insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
            select 'location-1', 'asset', 'k' || i, '{}', 1, 1, 1 from n
            """
        );
        await source.Database.AppendAsync(Notification("a", new string('x', 1_000_000)));

        var copied = await CopyAsync();

        copied["snapshot"].ShouldBe(4_500);
        (await Test.ScalarAsync<long>("select count(*) from snapshot")).ShouldBe(4_500);
        (await Test.ScalarAsync<byte[]>("select body from notification_log"))!.Length.ShouldBe(1_000_000);
    }

    [Fact]
    public async Task Only_the_first_of_several_equal_keys_is_copied()
    {
        foreach (var id in new[] { "e ", "e", "f ", "e  " })
        {
            await source.ExecuteAsync(
                """
                insert into operation
                    (event_id, location_id, state, deferred, started_at, notifications, succeeded, failed, counted, due_at, polls)
                values (@id, 'location-1', 'open', 0, 1, 1, 1, 0, 0, 1, 0)
                """,
                new { id }
            );
        }

        var copied = await CopyAsync();

        string[] expected = Database.Engine == StorageOptions.SqlServer ? ["e", "f "] : ["e", "e ", "e  ", "f "];
        copied["operation"].ShouldBe(expected.Length);
        (await Test.QueryAsync<string>("select event_id from operation"))
            .Order(StringComparer.Ordinal)
            .ShouldBe(expected);
        (await FirstDuplicatesAsync()).ShouldBe(["e", "f "]);
    }

    [Fact]
    public async Task Nothing_is_copied_into_a_database_that_has_rows()
    {
        await FillAsync(source.Database, LogState.InUse);
        await PostAsync(Database);

        var refusal = await Should.ThrowAsync<DatabaseOpenException>(CopyAsync);

        refusal.Message.ShouldContain("is not new");
        (await Test.ScalarAsync<long>("select count(*) from notification_log")).ShouldBe(1);
        (await UnfinishedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_is_copied_from_a_database_on_which_a_hub_runs()
    {
        await source.ExecuteAsync(
            "insert into replica (replica_id, locations_version, seen_at) values ('running', 0, @soon)",
            new { soon = TimeProvider.System.GetUtcNow().AddMinutes(5).ToUnixTimeMilliseconds() }
        );

        (await Should.ThrowAsync<DatabaseOpenException>(CopyAsync)).Message.ShouldContain("running");

        (await UnfinishedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task No_hub_opens_an_incomplete_copy()
    {
        // The last table, so that the others are already copied.
        await source.ExecuteAsync("alter table full_sync_page rename column page_token to elsewhere");
        await source.ExecuteAsync(
            "insert into full_sync_page (location_id, kind, number, elsewhere) values ('location-1', 'asset', 1, 'x')"
        );

        await Should.ThrowAsync<Exception>(CopyAsync);

        (await UnfinishedAsync()).ShouldBe(1);
        (await Should.ThrowAsync<SchemaException>(() => Test.OpenAnotherAsync())).Message.ShouldContain(
            "migrate --from-sqlite"
        );
    }

    private Task<IReadOnlyDictionary<string, long>> CopyAsync() =>
        new DatabaseCopy(source.Database, Database).RunAsync(
            TestActor.Operator,
            (_, encrypted) => encrypted.Value,
            CancellationToken.None
        );

    /// <summary>The rows that a copy to SQL Server reads.</summary>
    private async Task<IEnumerable<string>> FirstDuplicatesAsync()
    {
        await using var connection = await source.Database.OpenReaderAsync(CancellationToken.None);
        var from = await SqliteTables.WithoutEqualKeysAsync(connection, "operation");
        return (await connection.QueryAsync<string>($"select event_id from {from}")).Order(StringComparer.Ordinal);
    }

    private Task<long> UnfinishedAsync() =>
        Test.ScalarAsync<long>(
            "select count(*) from schema_journal where name = @UnfinishedCopy",
            new { SchemaMigrator.UnfinishedCopy }
        );

    /// <summary>Adds a row with a value in every column, and one with as many nulls as possible.</summary>
    private async Task FillAsync(string table)
    {
        var columns = await source.QueryAsync<Column>(
            "select name, type, \"notnull\" IsNeeded, pk KeyPlace from pragma_table_info(@table)",
            new { table }
        );
        foreach (var row in new[] { 1, 2 })
        {
            var values = new DynamicParameters();
            foreach (var column in columns)
            {
                values.Add(
                    column.Name,
                    row == 2 && column.IsNeeded == 0 && column.KeyPlace == 0 ? null : column.Value(row)
                );
            }

            var names = string.Join(", ", columns.Select(column => $"\"{column.Name}\""));
            var places = string.Join(", ", columns.Select(column => $"@{column.Name}"));
            await source.ExecuteAsync($"insert into {table} ({names}) values ({places})", values);
        }
    }

    private static async Task<IReadOnlyList<string>> LinesAsync(Database database, IEnumerable<string> tables)
    {
        await using DbConnection connection = await database.OpenReaderAsync(CancellationToken.None);
        return await StoreContent.LinesAsync(connection, tables);
    }

    private sealed record Column
    {
        public string Name { get; init; } = "";

        public string Type { get; init; } = "";

        public long IsNeeded { get; init; }

        public long KeyPlace { get; init; }

        public object Value(int row) =>
            Type.ToUpperInvariant() switch
            {
                "INTEGER" => KeyPlace > 0 ? row : 9_007_199_254_740_993 + row,
                "TEXT" => $"'ä☃\" {row}",
                "BLOB" => new byte[] { 0, 255, (byte)row },
                _ => throw new InvalidOperationException($"A column of type {Type}."),
            };
    }
}

public sealed class SqliteCopyTests : CopyContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerCopyTests : CopyContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
