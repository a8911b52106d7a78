using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Crash;

namespace NotificationHub.Tests.Storage;

/// <summary>Leases, cursors and targets of two processes on one database.</summary>
public abstract class TwoOwnersContract : StoreContract
{
    private const string Stage = "stage";

    private static readonly RefetchTiming Timing = new(
        TimeSpan.FromSeconds(2),
        TimeSpan.FromSeconds(15),
        TimeSpan.FromMinutes(4)
    );

    [Fact]
    public async Task Only_one_of_two_concurrent_requests_acquires_a_lease()
    {
        var other = await Test.OpenAnotherAsync();
        for (var i = 0; i < 10; i++)
        {
            using var first = KeeperOf(Database);
            using var second = KeeperOf(other);
            var name = $"stage {i}";

            var taken = await Task.WhenAll(
                Task.Run(() => RetryUntilStoredAsync(() => first.TryAcquireAsync(name, CancellationToken.None))),
                Task.Run(() => RetryUntilStoredAsync(() => second.TryAcquireAsync(name, CancellationToken.None)))
            );

            taken.OfType<Lease>().ShouldHaveSingleItem().Dispose();
        }
    }

    [Fact]
    public async Task A_lease_is_not_taken_over_during_a_transaction_that_has_checked_it()
    {
        var other = await Test.OpenAnotherAsync(options => options.LockTimeout = TimeSpan.FromMilliseconds(50));
        using var first = KeeperOf(Database, TimeSpan.FromSeconds(1));
        using var second = KeeperOf(other, TimeSpan.FromMinutes(1));
        using var lease = (await first.TryAcquireAsync(Stage, CancellationToken.None)).ShouldNotBeNull();
        var demanded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var owning = WriteAsync(async transaction =>
        {
            await lease.EnsureAsync(transaction);
            demanded.TrySetResult();
            await goOn.Task;
            await new LogCursor(Stage).MoveAsync(transaction, 0, 7, now: At(1));
        });
        // On a slow machine, the lease has already expired.
        await Task.WhenAny(demanded.Task, owning);
        await Until.TrueAsync(() => Test.ScalarAsync<bool>(HasRunOut), "the lease has run out");

        var takeover = Task.Run(() => AcquireAsync(second));
        await Task.WhenAny(takeover, owning, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None));

        (takeover.IsCompletedSuccessfully && !owning.IsCompleted).ShouldBeFalse("the stage has two owners");
        goOn.TrySetResult();
        var isCommitted = await IsCommittedAsync(owning);
        using var next = await takeover;
        next.FencingToken.ShouldBeGreaterThan(lease.FencingToken);
        (await PositionAsync(other)).ShouldBe(isCommitted ? 7 : 0);
        await Should.ThrowAsync<LeaseLostException>(() => WriteAsync(transaction => lease.EnsureAsync(transaction)));
    }

    [Fact]
    public async Task Only_one_of_two_concurrent_moves_of_a_cursor_succeeds()
    {
        var other = await Test.OpenAnotherAsync();
        var cursor = new LogCursor(Stage);
        for (var position = 0L; position < 20; position++)
        {
            var from = position;
            var moved = await Task.WhenAll(
                Task.Run(() => TryMoveAsync(Database, cursor, from)),
                Task.Run(() => TryMoveAsync(other, cursor, from))
            );

            moved.Count(has => has).ShouldBe(1);
            (await PositionAsync(other)).ShouldBe(from + 1);
        }
    }

    [Fact]
    public async Task Concurrent_requests_for_targets_lose_no_generation_and_no_holder()
    {
        var other = await Test.OpenAnotherAsync();
        for (var round = 0; round < 4; round++)
        {
            var (one, two) = ($"serial:a{round}", $"serial:b{round}");
            await Task.WhenAll(Task.Run(() => RequestAsync(Database, one)), Task.Run(() => RequestAsync(other, two)));
        }

        var (requested, holders) = (
            await Test.QueryAsync<(long, string)>("select requested, holders from refetch_target")
        ).ShouldHaveSingleItem();
        requested.ShouldBe(8);
        TargetHolders
            .Parse(holders)
            .ShouldBe([
                "serial:a0",
                "serial:a1",
                "serial:a2",
                "serial:a3",
                "serial:b0",
                "serial:b1",
                "serial:b2",
                "serial:b3",
            ]);
    }

    private string HasRunOut =>
        $"select case when expires_at <= ({Database.Sql("Now")}) then 1 else 0 end from lease where name = '{Stage}'";

    private LeaseKeeper KeeperOf(Database database, TimeSpan? duration = null)
    {
        var options = Test.Options;
        return new LeaseKeeper(
            database,
            Options.Create(
                new StorageOptions
                {
                    Provider = options.Provider,
                    ConnectionString = options.ConnectionString,
                    LeaseDuration = duration ?? options.LeaseDuration,
                }
            ),
            TimeProvider.System,
            NullLogger<LeaseKeeper>.Instance
        );
    }

    private static async Task<Lease> AcquireAsync(LeaseKeeper keeper)
    {
        while (true)
        {
            if (await RetryUntilStoredAsync(() => keeper.TryAcquireAsync(Stage, CancellationToken.None)) is { } lease)
            {
                return lease;
            }
        }
    }

    private static async Task<bool> IsCommittedAsync(Task owning)
    {
        try
        {
            await owning;
            return true;
        }
        catch (LeaseLostException)
        {
            return false;
        }
    }

    private static async Task<long> PositionAsync(Database database)
    {
        await using var connection = await database.OpenReaderAsync(CancellationToken.None);
        return await new LogCursor(Stage).ReadAsync(connection);
    }

    private static async Task<bool> TryMoveAsync(Database database, LogCursor cursor, long from)
    {
        try
        {
            return await RetryUntilStoredAsync(() =>
                database.WriteAsync(
                    async transaction =>
                    {
                        await cursor.MoveAsync(transaction, from, from + 1, now: At(1));
                        return true;
                    },
                    CancellationToken.None
                )
            );
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static Task<bool> RequestAsync(Database database, string holder) =>
        RetryUntilStoredAsync(() =>
            database.WriteAsync(
                async transaction =>
                {
                    await new RefetchTargets(Timing).RequestAsync(
                        transaction,
                        [new MergedRequest("location-1", RecordKind.Assignment, "1/STDQ", holder)],
                        now: At(1_000)
                    );
                    return true;
                },
                CancellationToken.None
            )
        );
}

public sealed class SqliteTwoOwnersTests : TwoOwnersContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerTwoOwnersTests : TwoOwnersContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
