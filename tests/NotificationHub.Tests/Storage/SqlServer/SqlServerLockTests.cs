using Dapper;
using Microsoft.Data.SqlClient;
using NotificationHub.Events;
using NotificationHub.Storage;
using NotificationHub.Storage.SqlServer;

namespace NotificationHub.Tests.Storage.SqlServer;

/// <summary>Locks of another process, and what it finds when it resumes.</summary>
public sealed class SqlServerLockTests : StoreContract
{
    private const string BeginSnapshot = "set transaction isolation level snapshot; begin transaction";
    private const string TakeOver =
        "update lease set owner = 'second', fencing_token = 2 where name = 'stage' and fencing_token = 1";

    private const long Never = 99_999_999_999_999;

    /// <summary>Another transaction has changed the row since this one started.</summary>
    private const int UpdateConflict = 3960;

    private const int LockNotHad = 1222;

    [Fact]
    public async Task A_lock_on_one_log_blocks_appends_to_it_but_not_to_the_other_log()
    {
        await using (var other = await OpenAsync("begin transaction"))
        {
            await other.ExecuteAsync(
                "declare @resource nvarchar(255) = concat('notificationhub:', db_name(), ':notification log'); exec sp_getapplock @resource, 'Exclusive', 'Transaction', 0"
            );

            await Should.ThrowAsync<StorageUnavailableException>(() => Database.AppendAsync(Notification("a")));
            (await AppendEventAsync()).ShouldHaveSingleItem();
            await other.ExecuteAsync("rollback transaction");
        }

        (await Database.AppendAsync(Notification("a"))).Result.ShouldBe(AppendResult.Stored);
    }

    [Fact]
    public async Task Changed_rows_are_counted_even_if_the_server_sets_NOCOUNT()
    {
        await Test.ExecuteAsync("insert into log_cursor (name, position, last_progress_at) values ('a', 1, 1)");
        // As a server-wide option would do for each new connection.
        await Test.ExecuteAsync("set nocount on");

        (await WriteAsync(transaction => transaction.ExecuteAsync("update log_cursor set position = 2"))).ShouldBe(1);
    }

    [Fact]
    public async Task A_reader_does_not_wait_for_a_writer()
    {
        await using var other = await OpenAsync("begin transaction");
        await other.ExecuteAsync(
            "insert into log_cursor (name, position, last_progress_at) values ('uncommitted', 1, 1)"
        );

        (await Test.QueryAsync<string>("select name from log_cursor")).ShouldBeEmpty();

        await other.ExecuteAsync("rollback transaction");
    }

    [Fact]
    public async Task A_commit_after_its_token_was_settled_is_rejected()
    {
        var late = await WriteConnection.OpenAsync(
            (SqlServerDatabase)Database,
            TimeProvider.System,
            CancellationToken.None
        );
        var transaction = await late.BeginAsync();
        await transaction.ExecuteAsync(
            "insert into log_cursor (name, position, last_progress_at) values ('late', 1, 1)"
        );
        await using var asking = await OpenAsync("set transaction isolation level read committed");

        (await WriteConnection.SettleAsync(asking, late.TokenId)).ShouldBe(0);

        var refusal = await Should.ThrowAsync<SqlException>(late.CommitAsync);
        SqlServerErrorCodes.IsTransient(refusal).ShouldBeTrue();
        await late.DisposeAsync();
        (await Test.QueryAsync<string>("select name from log_cursor")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_commit_token_counts_the_commits_of_its_connection()
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
            (await WriteConnection.SettleAsync(asking, connection.TokenId)).ShouldBe(i);
        }

        (await WriteConnection.SettleAsync(asking, tokenId: -1)).ShouldBeNull();
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_deletes_no_commit_token_of_an_open_connection()
    {
        await using var connection = await WriteConnection.OpenAsync(
            (SqlServerDatabase)Database,
            TimeProvider.System,
            CancellationToken.None
        );
        await Test.ExecuteAsync("update commit_token set made_at = 0");
        await using var next = await WriteConnection.OpenAsync(
            (SqlServerDatabase)Database,
            TimeProvider.System,
            CancellationToken.None
        );
        await using var asking = await OpenAsync("set transaction isolation level read committed");

        (await WriteConnection.SettleAsync(asking, connection.TokenId)).ShouldBe(0);
    }

    [Fact]
    public async Task A_transaction_detects_that_its_lease_was_taken_over()
    {
        await PutLeaseAsync();
        await using var owner = await OpenAsync(BeginSnapshot);
        // The snapshot is taken at the first read.
        await owner.ExecuteScalarAsync<long>("select count(*) from log_cursor");
        await Test.ExecuteAsync(TakeOver);

        long expiresAt;
        try
        {
            expiresAt = await FindLeaseAsync(owner);
        }
        catch (SqlException refusal)
        {
            refusal.Number.ShouldBe(UpdateConflict);
            SqlServerErrorCodes.IsTransient(refusal).ShouldBeTrue();
            return;
        }

        expiresAt.ShouldBe(0, "the owner sees the expired lease");
    }

    [Fact]
    public async Task No_replica_can_take_a_lease_over_between_its_check_and_the_commit()
    {
        await PutLeaseAsync();
        await using var owner = await OpenAsync(BeginSnapshot);
        (await FindLeaseAsync(owner)).ShouldBe(Never);
        await owner.ExecuteAsync("insert into log_cursor (name, position, last_progress_at) values ('stage', 1, 1)");
        await using var next = await OpenAsync("set lock_timeout 20");

        (await Should.ThrowAsync<SqlException>(() => next.ExecuteAsync(TakeOver))).Number.ShouldBe(LockNotHad);
        (await Test.ScalarAsync<long>("select fencing_token from lease")).ShouldBe(1);

        await owner.ExecuteAsync("commit transaction");
        (await next.ExecuteAsync(TakeOver)).ShouldBe(1);
        (await Test.QueryAsync<string>("select name from log_cursor")).ShouldBe(["stage"]);
    }

    private protected override Task<TestDatabase> OpenAsync() =>
        TestDatabase.OpenOnSqlServerAsync(options => options.LockTimeout = TimeSpan.FromMilliseconds(20));

    private Task PutLeaseAsync() =>
        Test.ExecuteAsync(
            "insert into lease (name, owner, fencing_token, expires_at, duration) values ('stage', 'first', 1, @Never, @Never)",
            new { Never }
        );

    /// <summary>Reads the lease in the transaction, as a stage does.</summary>
    private async Task<long> FindLeaseAsync(SqlConnection connection)
    {
        var (_, expiresAt) = await connection.QuerySingleAsync<(long, long)>(
            Database.Sql("FindLease"),
            new
            {
                name = "stage",
                owner = "first",
                number = 1L,
            }
        );
        return expiresAt;
    }

    private Task<IReadOnlyList<long>> AppendEventAsync() =>
        Database.AppendEventsAsync(
            new NewEvent
            {
                Type = EventNames.AssetChanged,
                Data = "{}"u8.ToArray(),
                CreatedAt = At(1),
            }
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
