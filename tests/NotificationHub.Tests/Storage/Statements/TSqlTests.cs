using Microsoft.SqlServer.TransactSql.ScriptDom;
using NotificationHub.Storage;
using NotificationHub.Storage.SqlServer;

namespace NotificationHub.Tests.Storage.Statements;

/// <summary>Names the statement that SQL Server would refuse, where there is no SQL Server.</summary>
public sealed class TSqlTests
{
    private static readonly IReadOnlyDictionary<string, List<SchemaColumn>> Schema = TSqlSchema.Read();

    public static TheoryData<string> Files => [.. FileTexts.Select(file => file.Place)];

    private static IReadOnlyList<SqlText> FileTexts { get; } = [.. Read("Migrations"), .. Read("Statements")];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_for_SQL_Server_can_be_run_there(string file) =>
        FaultsOf(FileTexts.Single(text => text.Place == file)).ShouldBeEmpty();

    [Fact]
    public void Every_statement_beside_its_call_can_be_run_on_SQL_Server()
    {
        var statements = InlineStatements.All();

        statements.SelectMany(FaultsOf).ShouldBeEmpty();
        // As many as there were once: fewer, and it does not find them any more.
        statements.Count.ShouldBeGreaterThan(150);
        statements
            .Select(statement => statement.Place.Split('/')[0])
            .Distinct(StringComparer.Ordinal)
            .Count()
            .ShouldBeGreaterThan(6);
    }

    [Fact]
    public void Every_lock_has_the_name_of_its_database()
    {
        var locks = FileTexts
            .Concat(InlineStatements.All())
            .Where(statement => statement.Text.Contains("sp_getapplock", StringComparison.Ordinal))
            .ToList();

        locks.Count.ShouldBe(3);
        locks.ShouldAllBe(statement => statement.Text.Contains("db_name()", StringComparison.Ordinal));
    }

    [Fact]
    public void A_migration_whose_indexes_are_built_online_can_be_run()
    {
        var files = new SqlFiles($"{StorageOptions.SqlServer}/Migrations/");
        var online = TSql.Statements(OnlineIndexes.In(files["0004_due_targets"]))
            .OfType<CreateIndexStatement>()
            .ToList();

        online.Count.ShouldBe(3);
        online.ShouldAllBe(index => index.IndexOptions.OfType<OnlineIndexOption>().Any());
    }

    [Fact]
    public void An_index_on_an_existing_log_is_the_last_statement_and_changes_no_other_table_before()
    {
        var files = new SqlFiles($"{StorageOptions.SqlServer}/Migrations/");

        files.Names.Where(name => BlocksALog(files[name])).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("create index a on event_log (seq);", false)]
    [InlineData(
        "create table a (b bigint not null); create index c on a (b); create index d on event_log (seq);",
        false
    )]
    [InlineData("create table event_log (seq bigint not null); create index a on event_log (seq); select 1;", false)]
    [InlineData("create index a on snapshot (changed_at); create index b on survey (due_at);", false)]
    [InlineData("create index a on notification_log (seq); create table b (c bigint not null);", true)]
    [InlineData("create index a on notification_log (seq); create index b on event_log (seq);", true)]
    [InlineData("create index a on snapshot (changed_at); create index b on event_log (seq);", true)]
    public void A_file_that_blocks_a_log_is_found(string migration, bool isOne) =>
        BlocksALog(migration).ShouldBe(isOne);

    /// <summary>Whether a lock of an online build is held while something else of the migration runs.</summary>
    private static bool BlocksALog(string migration)
    {
        var statements = TSql.Statements(migration).ToList();
        var created = statements
            .OfType<CreateTableStatement>()
            .Select(table => table.SchemaObjectName.BaseIdentifier.Value)
            .ToHashSet(StringComparer.Ordinal);
        var indexed = statements
            .OfType<CreateIndexStatement>()
            .Select(index => index.OnName.BaseIdentifier.Value)
            .Where(table => !created.Contains(table))
            .ToList();
        return indexed.Exists(table => table is "notification_log" or "event_log")
            && (indexed.Count > 1 || statements[^1] is not CreateIndexStatement last || IsOfNew(last));

        bool IsOfNew(CreateIndexStatement index) => created.Contains(index.OnName.BaseIdentifier.Value);
    }

    [Theory]
    [InlineData("select seq from event_log limit 5", "limit")]
    [InlineData("select seq from event_log order by seq limit 5", "line 1")]
    [InlineData("select seq from event_log offset 0 rows fetch next 5 rows only", "line 1")]
    [InlineData("select top (5) seq from event_log", "TOP without ORDER BY")]
    [InlineData("select 'a' || type from event_log", "||")]
    [InlineData("select key from snapshot", "line 1")]
    [InlineData("update snapshot set read_number += 1", "AddEquals")]
    [InlineData("insert into log_start (log, first_seq) values ('a', 1) returning log", "line 1")]
    [InlineData("insert into log_start (log, first_seq) values ('a', 1) on conflict do nothing", "line 1")]
    [InlineData("create table a (b bigint not null, index i (b))", "an index within CREATE TABLE")]
    [InlineData("create table a (b bigint not null index i)", "an index within CREATE TABLE")]
    [InlineData("create or alter view a as select 1 b", "CREATE OR ALTER")]
    [InlineData("create unique index i on log_start (first_seq) with (ignore_dup_key = on)", "IGNORE_DUP_KEY")]
    [InlineData(
        "with due as (select top (1) name from lease order by name) update due set name = 'a'",
        "a common table expression as the target of UPDATE"
    )]
    [InlineData("merge into lease a using lease b on a.name = b.name when matched then delete;", "MERGE")]
    [InlineData("select sequence from event_log", "no table of it has a column sequence")]
    [InlineData("select e.sequence from event_log e", "event_log has no column sequence")]
    [InlineData("delete from events", "no migration makes a table events")]
    public void What_would_go_wrong_is_named(string statement, string fault) =>
        FaultsOf(new SqlText("here", statement)).ShouldContain(text => text.Contains(fault, StringComparison.Ordinal));

    private static IEnumerable<SqlText> Read(string folder)
    {
        var files = new SqlFiles($"{StorageOptions.SqlServer}/{folder}/");
        return files.Names.Select(name => new SqlText($"{folder}/{name}.sql", files[name]));
    }

    private static IEnumerable<string> FaultsOf(SqlText statement)
    {
        var fragment = TSql.Parse(statement.Text, out var faults);
        return (
            fragment.ScriptTokenStream is null
                ? faults
                : faults
                    .Concat(TSqlSubset.FaultsOf(fragment))
                    .Concat(IsSchema(fragment) ? [] : TSqlNames.FaultsOf(fragment, Schema))
        ).Select(fault => $"{statement.Place}: {fault}");
    }

    // A migration names what it makes.
    private static bool IsSchema(TSqlFragment fragment) =>
        fragment is TSqlScript script
        && script.Batches.SelectMany(batch => batch.Statements).Any(statement => statement is CreateTableStatement);
}
