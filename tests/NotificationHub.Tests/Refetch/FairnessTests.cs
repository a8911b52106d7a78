using NotificationHub.Refetch;
using NotificationHub.Refetch.Scheduling;

namespace NotificationHub.Tests.Refetch;

/// <summary>Slots on virtual time: busy locations delay another location's change only by the running slots.</summary>
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
    public void A_burst_delays_the_change_of_another_location_by_a_few_seconds_at_most(int busy)
    {
        var burst = Enumerable.Range(0, busy).Select(i => $"busy-{i}").ToList();
        var slots = new Slots(clock, options);
        slots.Run(TimeSpan.FromMinutes(1), burst, []);
        var requestedAt = clock.GetUtcNow();
        slots.RunUntil("single", [.. burst, "single"], []);

        // The longest waiting location is next: with more locations than slots, each earlier one has a slot first.
        var rounds = Math.Max(1, Math.Ceiling((double)(busy + 1) / options.ParallelLocations));
        (clock.GetUtcNow() - requestedAt).ShouldBeLessThanOrEqualTo(LocationSlot.Length * rounds);
    }

    [Fact]
    public void Full_syncs_of_a_thousand_locations_do_not_delay_a_change()
    {
        var syncing = Enumerable.Range(0, 1000).Select(i => $"location-{i}").ToList();
        var slots = new Slots(clock, options);
        slots.Run(TimeSpan.FromMinutes(1), [], syncing);
        var requestedAt = clock.GetUtcNow();
        slots.RunUntil("single", ["single"], syncing);

        (clock.GetUtcNow() - requestedAt).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_change_waits_for_one_page_of_its_own_locations_full_sync()
    {
        var slots = new Slots(clock, options);
        slots.StartSlots([], ["location"]);
        var requestedAt = clock.GetUtcNow();
        slots.RunUntil("location", ["location"], ["location"]);

        (clock.GetUtcNow() - requestedAt).ShouldBeLessThanOrEqualTo(FullSyncPage);
    }

    /// <summary>Busy locations use their slots completely.</summary>
    private sealed class Slots(FakeTimeProvider clock, RefetchOptions options)
    {
        private readonly LocationScheduler queue = new(
            options.ParallelLocations,
            LocationScheduler.ParallelFullSyncs,
            clock
        );
        private readonly Dictionary<string, DateTimeOffset> endsAt = [];

        public void Run(TimeSpan span, List<string> due, List<string> fullSyncs)
        {
            var until = clock.GetUtcNow() + span;
            while (clock.GetUtcNow() < until)
            {
                StartSlots(due, fullSyncs);
                Step();
            }
        }

        /// <summary>Runs until the location has a slot.</summary>
        public void RunUntil(string location, List<string> due, List<string> fullSyncs)
        {
            while (!StartSlots(due, fullSyncs).Contains(location))
            {
                Step();
            }
        }

        /// <returns>The locations whose refetch slot begins.</returns>
        public IReadOnlyList<string> StartSlots(List<string> due, List<string> fullSyncs)
        {
            var taken = queue.Take(due);
            foreach (var location in taken)
            {
                endsAt[location] = clock.GetUtcNow() + LocationSlot.Length;
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
                var location in endsAt.Where(slot => slot.Value <= clock.GetUtcNow()).Select(slot => slot.Key).ToList()
            )
            {
                endsAt.Remove(location);
                queue.End(location);
            }
        }
    }
}
