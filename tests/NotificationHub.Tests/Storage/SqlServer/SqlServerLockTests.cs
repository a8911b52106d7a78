using Dapper;
using Microsoft.Data.SqlClient;
using NotificationHub.Events;
using NotificationHub.Storage;
using NotificationHub.Storage.SqlServer;

namespace NotificationHub.Tests.Storage.SqlServer;

/// <summary>What another process holds, and what it finds when it comes back.</summary>
public sealed class SqlServerLockTests : StoreContract
{
    private const string BeginSnapshot = "set transaction isolation level snapshot; begin transaction";
    private const string TakeOver =
        "update lease set owner = 'second', fencing_token = 2 where name = 'stage' and fencing_token = 1";

    private const long Never = 99_999_999_999_999;

    /// <summary>Another transaction has changed the row since this one began.</summary>
    private const int UpdateConflict = 3960;

    private const int LockNotHad = 1222;

    [Fact]
    public async Task While_another_process_holds_a_log_nothing_is_appended_to_it_and_the_other_log_goes_on()
    {
        await using (var other = await OpenAsync("begin transaction"))
        {
            await other.ExecuteAsync(
                "declare @resource nvarchar(255) = concat('notificationhub:', db_name(), ':notification log'); exec sp_getapplock @resource, 'Exclusive', 'Transaction', 0"
            );

            await Should.ThrowAsync<StorageUnavailableException>(() => Database.AppendAsync(Post("a")));
            (await AppendEventAsync()).ShouldHaveSingleItem();
            await other.ExecuteAsync("rollback transaction");
        }

        (await Database.AppendAsync(Post("a"))).Result.ShouldBe(AppendResult.Stored);
    }

    [Fact]
    public async Task A_server_that_counts_no_rows_by_itself_counts_ours()
    {
        await Test.ExecuteAsync("insert into log_cursor (name, position, moved_at) values ('a', 1, 1)");
        // As a server-wide option would set it for each new connection.
        await Test.ExecuteAsync("set nocount on");

        (await WriteAsync(transaction => transaction.ExecuteAsync("update log_cursor set position = 2"))).ShouldBe(1);
    }

    [Fact]
    public async Task A_reader_waits_for_no_writer()
    {
        await using var other = await OpenAsync("begin transaction");
        await other.ExecuteAsync("insert into log_cursor (name, position, moved_at) values ('uncommitted', 1, 1)");

        (await Test.QueryAsync<string>("select name from log_cursor")).ShouldBeEmpty();

        await other.ExecuteAsync("rollback transaction");
    }

    [Fact]
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

        (await WriteConnection.SettleAsync(asking, late.TokenId)).ShouldBe(0);

        var refusal = await Should.ThrowAsync<SqlException>(late.CommitAsync);
        SqlServerErrorCodes.IsTransient(refusal).ShouldBeTrue();
        await late.DisposeAsync();
        (await Test.QueryAsync<string>("select name from log_cursor")).ShouldBeEmpty();
    }

    [Fact]
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
            (await WriteConnection.SettleAsync(asking, connection.TokenId)).ShouldBe(i);
        }

        (await WriteConnection.SettleAsync(asking, tokenId: -1)).ShouldBeNull();
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_deletes_no_mark_of_an_open_connection()
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
    public async Task A_lease_that_was_taken_over_since_the_transaction_began_is_not_found_as_it_was()
    {
        await PutLeaseAsync();
        await using var owner = await OpenAsync(BeginSnapshot);
        // The snapshot is of the first look at anything.
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

        expiresAt.ShouldBe(0, "the owner was shown the lease that it had");
    }

    [Fact]
    public async Task Nobody_takes_a_lease_over_between_the_owners_look_and_its_commit()
    {
        await PutLeaseAsync();
        await using var owner = await OpenAsync(BeginSnapshot);
        (await FindLeaseAsync(owner)).ShouldBe(Never);
        await owner.ExecuteAsync("insert into log_cursor (name, position, moved_at) values ('stage', 1, 1)");
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

    /// <summary>As a stage looks for its lease, within the transaction.</summary>
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
                CreatedAt = 1,
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
