using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Tests.Storage;

/// <summary>Several replicas on one database, which check the shards when the test says so.</summary>
public abstract class RefetchShardsContract : StoreContract
{
    /// <summary>Only the test renews leases and reports replicas, however slow the machine is.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private protected FakeTimeProvider Clock { get; } = new();
    private readonly List<LeaseKeeper> keepers = [];

    public override async ValueTask DisposeAsync()
    {
        keepers.ForEach(keeper => keeper.Dispose());
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_single_replica_acquires_all_shards()
    {
        var alone = await JoinAsync();

        await CheckAsync(alone);

        alone.Shards.Held.Count.ShouldBe(RefetchTargets.Shards);
    }

    [Fact]
    public async Task A_new_replica_gets_its_share_from_replicas_with_a_surplus()
    {
        var first = await JoinAsync();
        await CheckAsync(first);
        var second = await JoinAsync();
        await CheckAsync(second);
        second.Shards.Held.ShouldBeEmpty("no replica has released a shard yet");

        await CheckAsync(first, second);
        Counts(first, second).ShouldBe([32, 32]);

        var third = await JoinAsync();
        await CheckAsync(first, second, third);
        Counts(first, second, third).ShouldBe([22, 22, 20]);
        ShouldBeDisjoint(first, second, third);
    }

    [Fact]
    public async Task A_shard_with_a_running_read_is_released_when_the_read_ends()
    {
        var first = await JoinAsync();
        await CheckAsync(first);
        var busy = Enumerable.Range(0, 40).ToHashSet();
        await JoinAsync();

        await CheckAsync(first, busy);

        first.Shards.Held.Count.ShouldBe(32, "no read starts in a shard that will be released");
        (await CountLeasesAsync(first)).ShouldBe(40, "running slots keep their leases");

        await CheckAsync(first, []);

        (await CountLeasesAsync(first)).ShouldBe(32);
        first.Shards.Held.Count.ShouldBe(32);
    }

    [Fact]
    public async Task A_planned_release_is_canceled_when_the_new_replica_stops()
    {
        var first = await JoinAsync();
        await CheckAsync(first);
        var second = await JoinAsync();
        var busy = Enumerable.Range(0, RefetchTargets.Shards).ToHashSet();
        await CheckAsync(first, busy);
        first.Shards.Held.Count.ShouldBe(32);

        await StopReportingAsync(second);
        await CheckAsync(first, busy);

        first.Shards.Held.Count.ShouldBe(RefetchTargets.Shards);
    }

    [Fact]
    public async Task Other_replicas_acquire_the_shards_of_a_dead_replica_after_its_leases_expire()
    {
        var first = await JoinAsync();
        var second = await JoinAsync();
        var third = await JoinAsync();
        await CheckAsync(first, second, third);
        Counts(first, second, third).ShouldBe([22, 22, 20]);

        await StopReportingAsync(second);
        await CheckAsync(first, third);
        Counts(first, third).ShouldBe([22, 20]);

        await Test.ExecuteAsync("update lease set expires_at = 1 where owner = @Owner", new { second.Keeper.Owner });
        await CheckAsync(first, third);
        Counts(first, third).ShouldBe([32, 32]);
        ShouldBeDisjoint(first, third);
    }

    [Fact]
    public async Task Shards_released_at_shutdown_can_be_acquired_at_once()
    {
        var first = await JoinAsync();
        await CheckAsync(first);
        var lease = first.Shards.GetLease(0);

        await first.Shards.ReleaseAsync(CancellationToken.None);
        await StopReportingAsync(first);
        var next = await JoinAsync();
        await CheckAsync(next);

        lease.Lost.IsCancellationRequested.ShouldBeTrue();
        next.Shards.Held.Count.ShouldBe(RefetchTargets.Shards);
        next.Shards.GetLease(0).FencingToken.ShouldBeGreaterThan(lease.FencingToken);
    }

    [Fact]
    public async Task Replicas_that_check_concurrently_acquire_no_shard_twice()
    {
        for (var round = 0; round < 5; round++)
        {
            var (first, second) = (await JoinAsync(), await JoinAsync());
            Clock.Advance(TimeSpan.FromSeconds(1));

            await Task.WhenAll(Task.Run(() => UntilCheckedAsync(first)), Task.Run(() => UntilCheckedAsync(second)));

            ShouldBeDisjoint(first, second);
            Counts(first, second).ShouldBe([32, 32]);
            foreach (var replica in new[] { first, second })
            {
                await replica.Shards.ReleaseAsync(CancellationToken.None);
                await StopReportingAsync(replica);
            }
        }
    }

    private protected static void Configure(StorageOptions options) => options.LeaseDuration = Long;

    private Task<bool> UntilCheckedAsync(Replica replica) =>
        RetryUntilStoredAsync(async () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await replica.Shards.BalanceAsync(new HashSet<int>(), CancellationToken.None);
            return true;
        });

    private protected async Task<Replica> JoinAsync()
    {
        // Each replica is a separate process.
        var database = keepers.Count == 0 ? Database : await Test.OpenAnotherAsync();
        var keeper = new LeaseKeeper(database, Options.Create(Test.Options), Clock, NullLogger<LeaseKeeper>.Instance);
        keepers.Add(keeper);
        await Test.ExecuteAsync(
            "insert into replica (replica_id, locations_version, seen_at) values (@Owner, 0, @now)",
            new { keeper.Owner, now = await NowAsync() }
        );
        return new Replica(keeper, new RefetchShards(database, keeper, Long, Clock));
    }

    /// <summary>The replica stops reporting, but its leases remain.</summary>
    private Task StopReportingAsync(Replica replica) =>
        Test.ExecuteAsync("update replica set seen_at = 1 where replica_id = @Owner", new { replica.Keeper.Owner });

    private protected async Task CheckAsync(params IReadOnlyList<Replica> replicas)
    {
        foreach (var replica in replicas)
        {
            await CheckAsync(replica, busy: []);
        }
    }

    private async Task CheckAsync(Replica replica, HashSet<int> busy)
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Test.ExecuteAsync("update replica set seen_at = @now where seen_at > 1", new { now = await NowAsync() });
        await replica.Shards.BalanceAsync(busy, CancellationToken.None);
    }

    private Task<long> NowAsync() => Test.ScalarAsync<long>(Database.Sql("Now"));

    private Task<long> CountLeasesAsync(Replica replica) =>
        Test.ScalarAsync<long>("select count(*) from lease where owner = @Owner", new { replica.Keeper.Owner });

    private protected static IEnumerable<int> Counts(params Replica[] replicas) =>
        replicas.Select(replica => replica.Shards.Held.Count);

    private static void ShouldBeDisjoint(params Replica[] replicas) =>
        replicas
            .SelectMany(replica => replica.Shards.Held)
            .Order()
            .ShouldBe(Enumerable.Range(0, RefetchTargets.Shards));

    private protected sealed record Replica(LeaseKeeper Keeper, RefetchShards Shards);
}

public sealed class SqliteRefetchShardsTests : RefetchShardsContract
{
    [Fact]
    public async Task A_replica_writes_nothing_while_no_shard_is_available()
    {
        var (last, first, second) = (await JoinAsync(), await JoinAsync(), await JoinAsync());
        await CheckAsync(first, second, last);
        Counts(first, second, last).ShouldBe([22, 22, 20]);
        var written = false;
        ((InterferingDatabase)Database).BeforeNextWrite(_ =>
        {
            written = true;
            return Task.CompletedTask;
        });

        Clock.Advance(TimeSpan.FromSeconds(1));
        await last.Shards.BalanceAsync(new HashSet<int>(), CancellationToken.None);

        written.ShouldBeFalse();
        last.Shards.Held.Count.ShouldBe(20);
    }

    private protected override Task<TestDatabase> OpenAsync() =>
        TestDatabase.OpenAsync(Configure, database => new InterferingDatabase(database));
}

public sealed class SqlServerRefetchShardsTests : RefetchShardsContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync(Configure);
}
