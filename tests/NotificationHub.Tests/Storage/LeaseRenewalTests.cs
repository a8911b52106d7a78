using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Tests.Storage;

public sealed class LeaseRenewalTests
{
    [Fact]
    public async Task A_locked_row_does_not_prevent_the_renewal_of_other_leases()
    {
        var clock = new ManualClock();
        await using var store = await TestDatabase.OpenAsync(wrap: database => new FailingDatabase(database));
        var database = (FailingDatabase)store.Database;
        using var keeper = new LeaseKeeper(
            database,
            Options.Create(store.Options),
            clock,
            NullLogger<LeaseKeeper>.Instance
        );
        var leases = await keeper.TryAcquireAsync(["a", "b", "c", "d"], most: 4, CancellationToken.None);
        await keeper.StartAsync(CancellationToken.None);
        await clock.TimersPending();
        // The common transaction, and the first of the separate ones.
        database.FailWrites(writes: 2, succeeding: 3);
        clock.Advance(keeper.Duration / 3);
        await database.Written.WaitAsync(TimeSpan.FromSeconds(60));
        await keeper.StopAsync(CancellationToken.None);

        leases.Count(lease => lease.HasLeft(keeper.Duration - TimeSpan.FromSeconds(1))).ShouldBe(3);
        leases.ShouldAllBe(lease => !lease.Lost.IsCancellationRequested);
    }

    private sealed class FailingDatabase(Database inner) : DelegatingDatabase(inner)
    {
        private readonly TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int failing;
        private int remaining = int.MaxValue;

        /// <summary>Completes after the given number of commits.</summary>
        public Task Written => written.Task;

        public void FailWrites(int writes, int succeeding) => (failing, remaining) = (writes, succeeding);

        public override async Task<T> WriteAsync<T>(
            Func<WriteTransaction, Task<T>> work,
            CancellationToken cancellationToken
        )
        {
            if (Interlocked.Decrement(ref failing) >= 0)
            {
                throw new LeaseRowBlockedException(new TimeoutException());
            }

            var result = await Inner.WriteAsync(work, cancellationToken);
            if (Interlocked.Decrement(ref remaining) == 0)
            {
                written.SetResult();
            }

            return result;
        }
    }
}
