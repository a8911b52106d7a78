using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Tests.Storage;

public abstract class LeaseContract : StoreContract
{
    private const string Stage = "stage";

    [Fact]
    public async Task A_lease_has_one_owner_at_a_time()
    {
        using var first = NewKeeper();
        using var second = NewKeeper();

        using var lease = await first.TryAcquireAsync(Stage, CancellationToken.None);

        lease.ShouldNotBeNull();
        (await second.TryAcquireAsync(Stage, CancellationToken.None)).ShouldBeNull();
        using var other = await second.TryAcquireAsync("another stage", CancellationToken.None);
        other.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_released_lease_can_be_acquired_at_once_with_a_higher_fencing_token()
    {
        using var first = NewKeeper();
        using var second = NewKeeper();
        using var lease = await AcquireAsync(first);

        await first.ReleaseAsync(lease, CancellationToken.None);

        using var next = await AcquireAsync(second);
        next.FencingToken.ShouldBeGreaterThan(lease.FencingToken);
        lease.Lost.IsCancellationRequested.ShouldBeTrue();
        await EnsureAsync(next);
    }

    [Fact]
    public async Task An_owner_that_resumes_after_losing_its_lease_commits_nothing()
    {
        using var first = NewKeeper();
        using var second = NewKeeper();
        using var lease = await AcquireAsync(first);
        await ExpireAsync();
        using var next = await AcquireAsync(second);

        await Should.ThrowAsync<LeaseLostException>(() => EnsureAsync(lease, andWrite: true));

        (await Test.ScalarAsync<long>("select count(*) from log_cursor")).ShouldBe(0);
        lease.Lost.IsCancellationRequested.ShouldBeTrue();
        await EnsureAsync(next);
    }

    [Fact]
    public async Task An_owner_of_an_expired_lease_commits_nothing_even_without_a_new_owner()
    {
        using var keeper = NewKeeper();
        using var lease = await AcquireAsync(keeper);
        await ExpireAsync();

        await Should.ThrowAsync<LeaseLostException>(() => EnsureAsync(lease, andWrite: true));

        (await Test.ScalarAsync<long>("select count(*) from log_cursor")).ShouldBe(0);
    }

    [Fact]
    public async Task Releasing_a_lost_lease_does_not_affect_its_new_owner()
    {
        using var first = NewKeeper();
        using var second = NewKeeper();
        using var lease = await AcquireAsync(first);
        await ExpireAsync();
        using var next = await AcquireAsync(second);

        await first.ReleaseAsync(lease, CancellationToken.None);

        await EnsureAsync(next);
    }

    [Fact]
    public async Task The_remaining_time_of_a_lease_decreases()
    {
        var clock = new ManualClock();
        using var keeper = NewKeeper(clock);
        using var lease = await AcquireAsync(keeper);

        lease.HasLeft(TimeSpan.FromSeconds(10)).ShouldBeTrue();
        clock.Advance(TimeSpan.FromSeconds(6));

        lease.HasLeft(TimeSpan.FromSeconds(10)).ShouldBeFalse();
        lease.HasLeft(TimeSpan.FromSeconds(8)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_keeper_renews_its_leases_and_detects_lost_ones()
    {
        var clock = new ManualClock();
        using var keeper = NewKeeper(clock);
        using var kept = await AcquireAsync(keeper);
        using var lost = (await keeper.TryAcquireAsync("another stage", CancellationToken.None)).ShouldNotBeNull();
        await Test.ExecuteAsync("update lease set fencing_token = fencing_token + 1 where name = 'another stage'");
        await keeper.StartAsync(CancellationToken.None);
        await clock.TimersPending();
        var noticed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lost.Lost.Register(noticed.SetResult);

        clock.Advance(keeper.Duration / 3);

        await noticed.Task.WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        // Wait for the end of the round: leases are checked one after another.
        await keeper.StopAsync(CancellationToken.None);
        kept.HasLeft(keeper.Duration - TimeSpan.FromSeconds(1)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_replica_with_a_shorter_duration_respects_a_lease_with_a_longer_duration()
    {
        using var first = NewKeeper(duration: TimeSpan.FromMinutes(10));
        using var second = NewKeeper(duration: TimeSpan.FromSeconds(5));
        using var lease = await AcquireAsync(first);

        (await second.FindFreeAsync([Stage], CancellationToken.None)).ShouldBeEmpty();
        (await second.TryAcquireAsync(Stage, CancellationToken.None)).ShouldBeNull();
        await EnsureAsync(lease);
    }

    [Fact]
    public async Task A_lease_from_before_the_clock_was_set_back_can_be_acquired()
    {
        using var first = NewKeeper();
        using var second = NewKeeper(duration: TimeSpan.FromMinutes(10));
        using var lease = await AcquireAsync(first);
        await Test.ExecuteAsync("update lease set expires_at = expires_at + 86400000");

        (await second.FindFreeAsync([Stage], CancellationToken.None)).ShouldBe([Stage]);
        using var next = await AcquireAsync(second);
        next.FencingToken.ShouldBeGreaterThan(lease.FencingToken);
    }

    private LeaseKeeper NewKeeper(TimeProvider? clock = null, TimeSpan? duration = null) =>
        new(
            Database,
            Options.Create(new StorageOptions { LeaseDuration = duration ?? Test.Options.LeaseDuration }),
            clock ?? TimeProvider.System,
            NullLogger<LeaseKeeper>.Instance
        );

    private static async Task<Lease> AcquireAsync(LeaseKeeper keeper) =>
        (await keeper.TryAcquireAsync(Stage, CancellationToken.None)).ShouldNotBeNull();

    private Task ExpireAsync() => Test.ExecuteAsync("update lease set expires_at = 1");

    private Task EnsureAsync(Lease lease, bool andWrite = false) =>
        WriteAsync(async transaction =>
        {
            if (andWrite)
            {
                await transaction.ExecuteAsync(
                    "insert into log_cursor (name, position, last_progress_at) values ('x', 1, 1)"
                );
            }

            await lease.EnsureAsync(transaction);
        });
}

public sealed class SqliteLeaseTests : LeaseContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerLeaseTests : LeaseContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
