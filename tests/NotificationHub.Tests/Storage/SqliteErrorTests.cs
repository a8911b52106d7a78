using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

public sealed class SqliteErrorTests : StoreContract
{
    [Fact]
    public async Task Writes_fail_while_another_process_locks_the_file_and_succeed_afterward()
    {
        await using (var other = Test.Sqlite.OpenWriter())
        {
            await using var held = other.BeginTransaction(deferred: false);
            await other.ExecuteAsync(
                "insert into log_cursor (name, position, last_progress_at) values ('other', 1, 1)",
                transaction: held
            );

            await Should.ThrowAsync<StorageUnavailableException>(() => Database.AppendAsync(Notification("a")));
            await Should.ThrowAsync<StorageUnavailableException>(() => MoveAsync("refused"));
            await held.CommitAsync();
        }

        (await Database.AppendAsync(Notification("a"))).Result.ShouldBe(AppendResult.Stored);
        await MoveAsync("accepted");
        (await Test.QueryAsync<string>("select name from log_cursor order by name")).ShouldBe(["accepted", "other"]);
    }

    [Fact]
    public async Task A_full_disk_fails_the_batch_and_a_retry_succeeds_once_there_is_space()
    {
        await LimitPagesAsync(1);
        var large = new string('x', 1_000_000);

        await Should.ThrowAsync<StorageUnavailableException>(() => Database.AppendAsync(Notification("a", large)));
        await Should.ThrowAsync<StorageUnavailableException>(() =>
            WriteAsync(async transaction =>
            {
                await MoveAsync(transaction, "partial");
                await transaction.ExecuteAsync("create table large as select zeroblob(1000000) as content");
            })
        );
        (await Test.ScalarAsync<long>("select count(*) from notification_log")).ShouldBe(0);
        (await Test.ScalarAsync<long>("select count(*) from log_cursor")).ShouldBe(0);

        await LimitPagesAsync(1_000_000);

        (await Database.AppendAsync(Notification("a", large))).Result.ShouldBe(AppendResult.Stored);
        await MoveAsync("accepted");
        (await Test.QueryAsync<string>("select name from log_cursor")).ShouldBe(["accepted"]);
    }

    private protected override Task<TestDatabase> OpenAsync() =>
        TestDatabase.OpenAsync(options => options.LockTimeout = TimeSpan.FromMilliseconds(20));

    // SQLite raises a limit below the current size to that size, so that the file cannot grow.
    private Task LimitPagesAsync(int pages) =>
        WriteAsync(transaction => transaction.ExecuteAsync($"pragma max_page_count = {pages}"));

    private Task MoveAsync(string name) => WriteAsync(transaction => MoveAsync(transaction, name));

    private static Task MoveAsync(WriteTransaction transaction, string name) =>
        transaction.ExecuteAsync(
            "insert into log_cursor (name, position, last_progress_at) values (@name, 1, 1)",
            new { name }
        );
}
