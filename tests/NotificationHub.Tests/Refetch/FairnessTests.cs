using NotificationHub.Refetch;
using NotificationHub.Refetch.Scheduling;

namespace NotificationHub.Tests.Refetch;

/// <summary>
/// Turns on virtual time: a location that reads for an hour holds up another's single change by no more than the turns that are under
/// way, however many others are as busy.
/// </summary>
public sealed class FairnessTests
{
    private static readonly TimeSpan Request = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FullSyncPage = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider clock = new();
    private readonly RefetchOptions options = new();

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(60)]
    public void One_locations_burst_delays_anothers_single_change_by_a_few_seconds_at_most(int busy)
    {
        var burst = Enumerable.Range(0, busy).Select(i => $"busy-{i}").ToList();
        var turns = new Turns(clock, options);
        turns.Run(TimeSpan.FromMinutes(1), burst, []);
        var asked = clock.GetUtcNow();
        turns.RunUntil("single", [.. burst, "single"], []);

        // Who waits longest is next: with more than are read at once, those before it have a turn each.
        var rounds = Math.Max(1, Math.Ceiling((double)(busy + 1) / options.ParallelLocations));
        (clock.GetUtcNow() - asked).ShouldBeLessThanOrEqualTo(options.TurnLength * rounds);
    }

    [Fact]
    public void FullSyncs_of_a_thousand_locations_do_not_delay_a_change_at_all()
    {
        var syncing = Enumerable.Range(0, 1000).Select(i => $"location-{i}").ToList();
        var turns = new Turns(clock, options);
        turns.Run(TimeSpan.FromMinutes(1), [], syncing);
        var asked = clock.GetUtcNow();
        turns.RunUntil("single", ["single"], syncing);

        (clock.GetUtcNow() - asked).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_change_waits_for_one_page_of_its_own_locations_full_sync()
    {
        var turns = new Turns(clock, options);
        turns.Look([], ["location"]);
        var asked = clock.GetUtcNow();
        turns.RunUntil("location", ["location"], ["location"]);

        (clock.GetUtcNow() - asked).ShouldBeLessThanOrEqualTo(FullSyncPage);
    }

    /// <summary>Busy locations always have more to read, and use their turns up.</summary>
    private sealed class Turns(FakeTimeProvider clock, RefetchOptions options)
    {
        private readonly LocationScheduler queue = new(options.ParallelLocations, options.ParallelFullSyncs, clock);
        private readonly Dictionary<string, DateTimeOffset> endsAt = [];

        public void Run(TimeSpan span, List<string> due, List<string> fullSyncs)
        {
            var until = clock.GetUtcNow() + span;
            while (clock.GetUtcNow() < until)
            {
                Look(due, fullSyncs);
                Step();
            }
        }

        /// <summary>Until the location has its turn.</summary>
        public void RunUntil(string location, List<string> due, List<string> fullSyncs)
        {
            while (!Look(due, fullSyncs).Contains(location))
            {
                Step();
            }
        }

        /// <returns>Those that notifications asked for and that have a turn from now on.</returns>
        public IReadOnlyList<string> Look(List<string> due, List<string> fullSyncs)
        {
            var taken = queue.Take(due);
            foreach (var location in taken)
            {
                endsAt[location] = clock.GetUtcNow() + options.TurnLength;
            }

            foreach (var location in queue.TakeFullSyncs([.. fullSyncs.Except(due)]))
            {
                endsAt[location] = clock.GetUtcNow() + FullSyncPage;
            }

            return taken;
        }

        private void Step()
        {
            clock.Advance(Request);
            foreach (
                var location in endsAt.Where(turn => turn.Value <= clock.GetUtcNow()).Select(turn => turn.Key).ToList()
            )
            {
                endsAt.Remove(location);
                queue.End(location);
            }
        }
    }
}
