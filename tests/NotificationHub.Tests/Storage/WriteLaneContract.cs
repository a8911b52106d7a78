using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

public abstract class WriteLaneContract : StoreContract
{
    [Fact]
    public async Task A_transaction_whose_work_throws_leaves_nothing_and_the_lane_goes_on()
    {
        await Should.ThrowAsync<InvalidOperationException>(() =>
            WriteAsync(async transaction =>
            {
                await InsertAsync(transaction, "lost");
                throw new InvalidOperationException("the stage fails after it has written");
            })
        );

        await WriteAsync(transaction => InsertAsync(transaction, "kept"));

        (await Test.QueryAsync<string>("select name from log_cursor")).ShouldBe(["kept"]);
    }

    [Fact]
    public async Task A_statement_that_breaks_a_constraint_is_the_callers_fault_and_not_the_stores()
    {
        await WriteAsync(transaction => InsertAsync(transaction, "one"));

        var exception = await Should.ThrowAsync<Exception>(() =>
            WriteAsync(transaction => InsertAsync(transaction, "one"))
        );

        exception.ShouldNotBeOfType<StorageUnavailableException>();
    }

    [Fact]
    public async Task Work_that_is_called_off_before_its_turn_is_not_done()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() =>
            Database.WriteAsync(transaction => InsertAsync(transaction, "never"), cancellation.Token)
        );

        (await Test.QueryAsync<string>("select name from log_cursor")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Posts_and_transactions_of_many_callers_are_all_done()
    {
        var posts = Enumerable.Range(0, 500).Select(i => Database.AppendAsync(Post($"{(char)('a' + (i % 26))}{i}")));
        var writes = Enumerable
            .Range(0, 50)
            .Select(i => WriteAsync(transaction => InsertAsync(transaction, $"stage-{i}")));

        await Task.WhenAll([.. posts, .. writes]);

        (await Test.ScalarAsync<long>("select count(*) from notification_log")).ShouldBe(500);
        (await Test.ScalarAsync<long>("select count(*) from log_cursor")).ShouldBe(50);
    }

    [Fact]
    public async Task A_closed_store_takes_nothing()
    {
        await Database.DisposeAsync();

        await Should.ThrowAsync<StorageUnavailableException>(() => Database.AppendAsync(Post("a")));
        await Should.ThrowAsync<StorageUnavailableException>(() =>
            WriteAsync(transaction => InsertAsync(transaction, "never"))
        );
    }

    private static Task InsertAsync(WriteTransaction transaction, string name) =>
        transaction.ExecuteAsync(
            "insert into log_cursor (name, position, moved_at) values (@name, 1, 1)",
            new { name }
        );
}

public sealed class SqliteWriterTests : WriteLaneContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerWriterTests : WriteLaneContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
