using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

public abstract class WriterContract : StoreContract
{
    [Fact]
    public async Task A_transaction_that_throws_stores_nothing_and_the_writer_continues()
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
    public async Task A_constraint_violation_is_not_reported_as_an_unavailable_database()
    {
        await WriteAsync(transaction => InsertAsync(transaction, "one"));

        var exception = await Should.ThrowAsync<Exception>(() =>
            WriteAsync(transaction => InsertAsync(transaction, "one"))
        );

        exception.ShouldNotBeOfType<StorageUnavailableException>();
    }

    [Fact]
    public async Task Values_take_precedence_over_the_members_of_a_row()
    {
        await WriteAsync(transaction =>
            transaction.ExecuteAsync(
                "insert into log_cursor (name, position, last_progress_at) values (@Name, @Position, @now)",
                new { Name = "row", Position = 1L },
                new { Position = 2L, now = 3L }
            )
        );

        (await Test.ScalarAsync<long>("select position from log_cursor where name = 'row'")).ShouldBe(2);
    }

    [Fact]
    public async Task Work_that_is_canceled_in_the_queue_does_not_run()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() =>
            Database.WriteAsync(transaction => InsertAsync(transaction, "never"), cancellation.Token)
        );

        (await Test.QueryAsync<string>("select name from log_cursor")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Notifications_and_transactions_of_many_callers_all_complete()
    {
        var notifications = Enumerable
            .Range(0, 500)
            .Select(i => Database.AppendAsync(Notification($"{(char)('a' + (i % 26))}{i}")));
        var writes = Enumerable
            .Range(0, 50)
            .Select(i => WriteAsync(transaction => InsertAsync(transaction, $"stage-{i}")));

        await Task.WhenAll([.. notifications, .. writes]);

        (await Test.ScalarAsync<long>("select count(*) from notification_log")).ShouldBe(500);
        (await Test.ScalarAsync<long>("select count(*) from log_cursor")).ShouldBe(50);
    }

    [Fact]
    public async Task A_closed_database_rejects_writes()
    {
        await Database.DisposeAsync();

        await Should.ThrowAsync<StorageUnavailableException>(() => Database.AppendAsync(Notification("a")));
        await Should.ThrowAsync<StorageUnavailableException>(() =>
            WriteAsync(transaction => InsertAsync(transaction, "never"))
        );
    }

    private static Task InsertAsync(WriteTransaction transaction, string name) =>
        transaction.ExecuteAsync(
            "insert into log_cursor (name, position, last_progress_at) values (@name, 1, 1)",
            new { name }
        );
}

public sealed class SqliteWriterTests : WriterContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerWriterTests : WriterContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
