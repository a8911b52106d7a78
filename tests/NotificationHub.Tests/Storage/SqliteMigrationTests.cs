using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Tests.Storage;

public sealed class SqliteMigrationTests
{
    [Fact]
    public async Task Opening_again_applies_nothing_and_keeps_everything()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync("insert into log_cursor (name, position, last_progress_at) values ('kept', 1, 1)");

        await OpenAgainAsync(test);

        (await test.ScalarAsync<long>("select count(*) from schema_journal")).ShouldBe(
            new SqlFiles("Sqlite/Migrations/").Names.Count()
        );
        (await test.ScalarAsync<string>("select name from log_cursor")).ShouldBe("kept");
    }

    [Fact]
    public async Task A_migration_that_changed_after_it_was_applied_is_rejected_by_name()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync("update schema_journal set sha256 = 'other' where name = '0001_initial'");

        var refusal = await Should.ThrowAsync<SchemaException>(() => OpenAgainAsync(test));

        refusal.Message.ShouldContain("0001_initial");
    }

    [Fact]
    public async Task An_older_version_opens_a_database_with_additions_of_a_newer_one()
    {
        await using var test = await TestDatabase.OpenAsync();
        await MigrateFurtherAsync(test, "alter table location add column flavour text null;");

        await OpenAgainAsync(test);
        await OpenBesideAsync(test);
    }

    [Fact]
    public async Task An_older_version_rejects_a_database_with_a_breaking_migration_by_name()
    {
        await using var test = await TestDatabase.OpenAsync();
        await MigrateFurtherAsync(
            test,
            """
            -- breaks: older versions
            alter table location drop column mdm_metadata;
            """
        );

        var serving = await Should.ThrowAsync<SchemaException>(() => OpenAgainAsync(test));
        var command = await Should.ThrowAsync<SchemaException>(() => OpenBesideAsync(test));

        serving.Message.ShouldContain("9999_future");
        command.Message.ShouldBe(serving.Message);
    }

    [Fact]
    public async Task The_version_with_the_breaking_migration_opens_its_database_again()
    {
        await using var test = await TestDatabase.OpenAsync();
        const string text = "-- breaks: older versions\nselect 1;";
        await MigrateFurtherAsync(test, text);

        await MigrateFurtherAsync(test, text);
    }

    [Fact]
    public async Task A_command_rejects_an_older_schema_and_says_what_to_do()
    {
        await using var test = await TestDatabase.OpenAsync();
        await using var newer = new SqliteDatabase(test.Options, FutureMigrations.Migrations("select 1;"));

        var refusal = await Should.ThrowAsync<SchemaException>(() => newer.OpenBesideAsync(CancellationToken.None));

        refusal.Message.ShouldContain("9999_future");
        refusal.Message.ShouldContain("run `migrate`");
    }

    [Fact]
    public async Task Two_hubs_that_open_a_new_file_concurrently_migrate_it_once()
    {
        await using var test = await TestDatabase.OpenAsync();
        var options = new StorageOptions { ConnectionString = $"Data Source={test.File}.second" };
        await using var first = new SqliteDatabase(options);
        await using var second = new SqliteDatabase(options);

        await Task.WhenAll(
            Task.Run(() => first.OpenAsync(CancellationToken.None)),
            Task.Run(() => second.OpenAsync(CancellationToken.None))
        );

        await using var reader = await second.OpenReaderAsync(CancellationToken.None);
        (await EventLog.ReadLastAsync(reader)).ShouldBe(0);
    }

    private static async Task OpenAgainAsync(TestDatabase test)
    {
        await using var again = new SqliteDatabase(test.Options);
        await again.OpenAsync(CancellationToken.None);
    }

    private static async Task OpenBesideAsync(TestDatabase test)
    {
        await using var again = new SqliteDatabase(test.Options);
        await again.OpenBesideAsync(CancellationToken.None);
    }

    private static async Task MigrateFurtherAsync(TestDatabase test, string migration)
    {
        await using var newer = new SqliteDatabase(test.Options, FutureMigrations.Migrations(migration));
        await newer.OpenAsync(CancellationToken.None);
    }
}
