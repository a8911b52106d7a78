using NotificationHub.Storage;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Storage.SqlServer;

public sealed class SqlServerMigrationTests : StoreContract
{
    [Fact]
    public async Task Opening_again_applies_nothing_and_keeps_everything()
    {
        await Test.ExecuteAsync("insert into log_cursor (name, position, last_progress_at) values ('kept', 1, 1)");

        await Test.OpenAnotherAsync();

        (await Test.ScalarAsync<long>("select count(*) from schema_journal")).ShouldBe(
            new SqlFiles("SqlServer/Migrations/").Names.Count()
        );
        (await Test.ScalarAsync<string>("select name from log_cursor")).ShouldBe("kept");
    }

    [Fact]
    public async Task A_migration_that_changed_after_it_was_applied_is_rejected_by_name()
    {
        await Test.ExecuteAsync("update schema_journal set sha256 = 'other' where name = '0001_initial'");

        var refusal = await Should.ThrowAsync<SchemaException>(() => Test.OpenAnotherAsync());

        refusal.Message.ShouldContain("0001_initial");
    }

    [Fact]
    public async Task Hubs_that_open_a_new_database_concurrently_migrate_it_once()
    {
        using var store = TestStore.OnSqlServer();
        await using var first = StorageSetup.Create(store.Options, TimeProvider.System);
        await using var second = StorageSetup.Create(store.Options, TimeProvider.System);

        await Task.WhenAll(first.OpenAsync(CancellationToken.None), second.OpenAsync(CancellationToken.None));

        await using (var reader = await second.OpenReaderAsync(CancellationToken.None))
        {
            (await EventLog.ReadLastAsync(reader)).ShouldBe(0);
        }

        await first.DisposeAsync();
        await second.DisposeAsync();
    }

    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
