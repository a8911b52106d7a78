using Dapper;
using Microsoft.Data.SqlClient;
using NotificationHub.Events;
using NotificationHub.Storage;
using NotificationHub.Storage.SqlServer;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Storage.SqlServer;

/// <summary>What another process holds, and what it finds when it comes back.</summary>
[NeedsSqlServer]
public sealed class SqlServerLockTests : StoreContract
{
    [StoreFact]
    public async Task While_another_process_holds_a_log_nothing_is_appended_to_it_and_the_other_log_goes_on()
    {
        await using (var other = await OpenAsync("begin transaction"))
        {
            await other.ExecuteAsync(
                "exec sp_getapplock 'notificationhub:notification log', 'Exclusive', 'Transaction', 0"
            );

            await Should.ThrowAsync<StorageUnavailableException>(() => Database.AppendAsync(Post("a")));
            (await AppendEventAsync()).ShouldHaveSingleItem();
            await other.ExecuteAsync("rollback transaction");
        }

        (await Database.AppendAsync(Post("a"))).Result.ShouldBe(AppendResult.Stored);
    }

    [StoreFact]
    public async Task A_reader_waits_for_no_writer()
    {
        await using var other = await OpenAsync("begin transaction");
        await other.ExecuteAsync("insert into log_cursor (name, position, moved_at) values ('uncommitted', 1, 1)");

        (await Test.QueryAsync<string>("select name from log_cursor")).ShouldBeEmpty();

        await other.ExecuteAsync("rollback transaction");
    }

    [StoreFact]
    public async Task A_commit_that_the_server_comes_to_after_it_was_asked_about_is_refused()
    {
        var late = await WriteConnection.OpenAsync(
            (SqlServerDatabase)Database,
            TimeProvider.System,
            CancellationToken.None
        );
        var transaction = await late.BeginAsync();
        await transaction.ExecuteAsync("insert into log_cursor (name, position, moved_at) values ('late', 1, 1)");
        await using var asking = await OpenAsync("set transaction isolation level read committed");

        (await WriteConnection.SettleAsync(asking, late.Mark)).ShouldBe(0);

        var refusal = await Should.ThrowAsync<SqlException>(late.CommitAsync);
        SqlServerFaults.IsPassing(refusal).ShouldBeTrue();
        await late.DisposeAsync();
        (await Test.QueryAsync<string>("select name from log_cursor")).ShouldBeEmpty();
    }

    [StoreFact]
    public async Task A_mark_counts_the_commits_of_its_connection()
    {
        await using var connection = await WriteConnection.OpenAsync(
            (SqlServerDatabase)Database,
            TimeProvider.System,
            CancellationToken.None
        );
        await using var asking = await OpenAsync("set transaction isolation level read committed");
        for (var i = 1; i <= 3; i++)
        {
            await connection.BeginAsync();
            await connection.CommitAsync();

            connection.Number.ShouldBe(i);
            (await WriteConnection.SettleAsync(asking, connection.Mark)).ShouldBe(i);
        }

        (await WriteConnection.SettleAsync(asking, mark: -1)).ShouldBeNull();
    }

    private protected override Task<TestDatabase> OpenAsync() =>
        TestDatabase.OpenOnSqlServerAsync(options => options.BusyTimeout = TimeSpan.FromMilliseconds(20));

    private Task<IReadOnlyList<long>> AppendEventAsync() =>
        WriteAsync(transaction =>
            EventLog.AppendAsync(
                transaction,
                Database,
                [
                    new NewEvent
                    {
                        Type = EventNames.AssetChanged,
                        Data = "{}"u8.ToArray(),
                        CreatedAt = 1,
                    },
                ]
            )
        );

    private async Task<SqlConnection> OpenAsync(string first)
    {
        var connection = new SqlConnection(
            new SqlConnectionStringBuilder(Test.Options.ConnectionString) { Pooling = false }.ConnectionString
        );
        await connection.OpenAsync();
        await connection.ExecuteAsync(first);
        return connection;
    }
}
