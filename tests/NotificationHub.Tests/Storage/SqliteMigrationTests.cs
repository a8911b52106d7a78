using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Tests.Storage;

public sealed class SqliteMigrationTests
{
    [Fact]
    public async Task Opening_again_applies_nothing_and_keeps_everything()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync("insert into log_cursor (name, position, moved_at) values ('kept', 1, 1)");

        await OpenAgainAsync(test);

        (await test.ScalarAsync<long>("select count(*) from schema_journal")).ShouldBe(
            new SqlFiles("Sqlite/Migrations/").Names.Count()
        );
        (await test.ScalarAsync<string>("select name from log_cursor")).ShouldBe("kept");
    }

    [Fact]
    public async Task A_migration_that_was_changed_after_it_was_applied_is_refused_by_name()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync("update schema_journal set sha256 = 'other' where name = '0001_initial'");

        var refusal = await Should.ThrowAsync<SchemaException>(() => OpenAgainAsync(test));

        refusal.Message.ShouldContain("0001_initial");
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_by_name()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync("insert into schema_journal (name, sha256, applied_at) values ('9999_future', 'x', 1)");

        var refusal = await Should.ThrowAsync<SchemaException>(() => OpenAgainAsync(test));

        refusal.Message.ShouldContain("9999_future");
    }

    [Fact]
    public async Task Two_hubs_that_open_a_new_file_at_once_migrate_it_once()
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
}
