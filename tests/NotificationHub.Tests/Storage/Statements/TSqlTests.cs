using Microsoft.SqlServer.TransactSql.ScriptDom;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage.Statements;

/// <summary>Checks statements for SQL Server without a server.</summary>
public sealed class TSqlTests
{
    private static IReadOnlyList<SqlText> FileTexts { get; } = [.. SqlText.FilesIn($"{StorageOptions.SqlServer}/")];

    [Fact]
    public void SQL_Server_accepts_every_migration() =>
        SqlServerModel.FaultsOfMigrations(SqlServerModel.Migrations).ShouldBeEmpty();

    [Fact]
    public void SQL_Server_accepts_every_statement() =>
        FaultsOf([.. FileTexts, .. InlineStatements.All]).ShouldBeEmpty();

    [Fact]
    public void Every_file_for_SQL_Server_is_a_migration_or_a_statement() =>
        FileTexts
            .Select(file => file.Place.Split('/')[1])
            .Distinct(StringComparer.Ordinal)
            .ShouldBe(["Migrations", "Statements"]);

    [Fact]
    public void Every_SQL_literal_is_part_of_a_checked_statement()
    {
        InlineStatements.Rest().ShouldBeEmpty();
        var statements = InlineStatements.All;
        // Fewer would mean that the search no longer finds the statements.
        statements.Count.ShouldBeGreaterThan(150);
        statements
            .Select(statement => statement.Place.Split('/')[0])
            .Distinct(StringComparer.Ordinal)
            .Count()
            .ShouldBeGreaterThan(6);
    }

    [Fact]
    public void Every_lock_name_contains_the_database()
    {
        var locks = FileTexts
            .Concat(InlineStatements.All)
            .Where(statement => statement.Text.Contains("sp_getapplock", StringComparison.Ordinal))
            .ToList();

        locks.Count.ShouldBe(3);
        locks.ShouldAllBe(statement => statement.Text.Contains("db_name()", StringComparison.Ordinal));
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
    [InlineData("select sequence from event_log", "[event_log].[sequence]")]
    [InlineData("select e.sequence from event_log e join lease l on l.name = e.type", "[event_log].[sequence]")]
    [InlineData("insert into lease (name, keeper) values (@name, @owner)", "[lease].[keeper]")]
    [InlineData("declare @a table (b bigint); insert into @a (b) output inserted.c values (1)", "here @a].[c]")]
    [InlineData("with due (name) as (select name from lease) select owner from due", "column owner")]
    [InlineData("delete from events", "[events]")]
    [InlineData("exec sp_getapplock @Resource = 'a', @LockMood = 'Shared'", "@LockMood")]
    [InlineData("select seq from event_log with (index(none))", "[none]")]
    public void The_check_reports_statements_that_would_fail(string statement, string fault) =>
        FaultsOf([new SqlText("here", statement)])
            .ShouldContain(text =>
                text.Contains(fault, StringComparison.Ordinal) && text.Contains("here", StringComparison.Ordinal)
            );

    [Fact]
    public void The_check_reports_an_undeclared_variable_and_continues() =>
        FaultsOf([
                new SqlText(
                    "a.sql",
                    "-- @name nvarchar(200)\nselect name from lease where owner = @owner",
                    IsFile: true
                ),
                new SqlText(
                    "b.sql",
                    "-- @name nvarchar(200)\nselect nothing from lease where name = @name",
                    IsFile: true
                ),
            ])
            .ShouldBe([
                "a.sql: Must declare the variable or parameter \"@owner\"",
                "Error validating element [dbo].[b.sql]: Procedure: [dbo].[b.sql] has an unresolved reference to object [dbo].[lease].[nothing].",
            ]);

    [Theory]
    [InlineData("create index b on a (d);", "[dbo].[a].[d]")]
    [InlineData("create index b on d (c);", "[dbo].[d]")]
    [InlineData("alter table d add e bigint null;", "")]
    public void The_check_reports_a_migration_that_fails_on_SQL_Server(string migration, string fault)
    {
        var faults = FaultsAfterTableA(migration);

        faults.ShouldContain(text => text.Contains(fault, StringComparison.Ordinal));
        faults.ShouldAllBe(text => text.StartsWith("b.sql: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_migration_can_use_a_column_that_was_added_to_a_table() =>
        FaultsAfterTableA("alter table a add d bigint null; create index b on a (d);").ShouldBeEmpty();

    private static IReadOnlyList<string> FaultsAfterTableA(string migration) =>
        SqlServerModel.FaultsOfMigrations([
            new SqlText("a.sql", "create table a (c bigint not null);"),
            new SqlText("b.sql", migration),
        ]);

    [Theory]
    [InlineData("""Run("select name from lease where name = @name");""", null)]
    [InlineData("""Run(started + " where name = @name");""", " where name = @name")]
    [InlineData("""Run("SELECT name FROM lease");""", "SELECT name FROM lease")]
    [InlineData("""Run($"{Select} from lease");""", "{Select} from lease")]
    [InlineData("""Run("truncate table lease");""", "truncate table lease")]
    public void The_check_finds_SQL_outside_checked_statements(string source, string? rest) =>
        InlineStatements.Rest([("Here.cs", source)]).Select(text => text.Text).ShouldBe(rest is null ? [] : [rest]);

    private static List<string> FaultsOf(IEnumerable<SqlText> texts)
    {
        List<string> faults = [];
        List<SqlText> parsed = [];
        foreach (var text in texts)
        {
            var fragment = TSql.Parse(text.Text, out var errors);
            var found = fragment.ScriptTokenStream is null ? errors : [.. errors, .. TSqlSubset.FaultsOf(fragment)];
            faults.AddRange(found.Select(fault => $"{text.Place}: {fault}"));
            if (found.Count == 0)
            {
                parsed.AddRange(WithoutSchema(text));
            }
        }

        return [.. faults, .. SqlServerModel.FaultsOf(parsed)];
    }

    // The tables and indexes of a migration are in the model.
    private static IEnumerable<SqlText> WithoutSchema(SqlText text) =>
        SqlServerModel.Migrations.Contains(text)
            ? TSql.Statements(text.Text)
                .OfType<DataModificationStatement>()
                .Select((statement, i) => new SqlText($"{text.Place} ({i + 1})", TSql.TextOf(statement), IsFile: true))
            : [text];
}
