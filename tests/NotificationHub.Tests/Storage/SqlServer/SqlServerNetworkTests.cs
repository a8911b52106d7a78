using NotificationHub.Storage;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Storage.SqlServer;

/// <summary>Network failures between a hub and SQL Server delay a write, but neither lose nor repeat it.</summary>
public sealed class SqlServerNetworkTests : StoreContract
{
    private LoopbackProxy? proxy;

    private LoopbackProxy Proxy => proxy ?? throw new InvalidOperationException("The store is not open.");

    [Fact]
    public async Task A_transaction_whose_connection_breaks_is_repeated()
    {
        var tries = 0;
        await WriteAsync(async transaction =>
        {
            await InsertAsync(transaction, "first");
            if (++tries == 1)
            {
                Proxy.LoseNextRequest();
            }

            await InsertAsync(transaction, "second");
        });

        tries.ShouldBe(2);
        Proxy.Cuts.ShouldBe(1);
        (await NamesAsync()).ShouldBe(["first", "second"]);
    }

    [Fact]
    public async Task A_commit_that_did_not_reach_the_server_is_repeated()
    {
        var tries = 0;
        await WriteAsync(async transaction =>
        {
            await InsertAsync(transaction, "row");
            if (++tries == 1)
            {
                Proxy.LoseNextRequest();
            }
        });

        tries.ShouldBe(2);
        (await NamesAsync()).ShouldBe(["row"]);
    }

    [Fact]
    public async Task A_commit_whose_response_is_lost_is_detected_and_not_repeated()
    {
        var tries = 0;
        var woken = Database.Signals.EventsAppended.Next;
        await WriteAsync(async transaction =>
        {
            tries++;
            await InsertAsync(transaction, "row");
            transaction.OnCommit(transaction.Signals.EventsAppended);
            Proxy.LoseNextResponse();
        });

        tries.ShouldBe(1);
        Proxy.Cuts.ShouldBe(1);
        woken.IsCompleted.ShouldBeTrue();
        (await NamesAsync()).ShouldBe(["row"]);
    }

    [Fact]
    public async Task A_batch_whose_response_is_lost_is_stored_once()
    {
        await Database.AppendAsync(Notification("before"));
        Proxy.LoseNextResponse();

        var outcome = await Database.AppendAsync(Notification("a"));

        Proxy.Cuts.ShouldBe(1);
        (await Test.QueryAsync<long>("select seq from notification_log where notification_id = 'a'")).ShouldBe([
            outcome.Seq,
        ]);
    }

    [Fact]
    public async Task A_batch_that_did_not_reach_the_server_is_sent_again()
    {
        await Database.AppendAsync(Notification("before"));
        Proxy.LoseNextRequest();

        (await Database.AppendAsync(Notification("a"))).Result.ShouldBe(AppendResult.Stored);

        Proxy.Cuts.ShouldBe(1);
    }

    // The database closes its connections through the proxy.
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        proxy?.Dispose();
    }

    private protected override Task<TestDatabase> OpenAsync() =>
        TestDatabase.OpenOnSqlServerAsync(options =>
        {
            proxy = LoopbackProxy.Before(options.ConnectionString);
            options.ConnectionString = proxy.Through(options.ConnectionString);
        });

    private static Task InsertAsync(WriteTransaction transaction, string name) =>
        transaction.ExecuteAsync(
            "insert into log_cursor (name, position, last_progress_at) values (@name, 1, 1)",
            new { name }
        );

    private Task<IReadOnlyList<string>> NamesAsync() =>
        Test.QueryAsync<string>("select name from log_cursor order by name");
}
