using NotificationHub.Refetch.Scheduling;

namespace NotificationHub.Tests.Refetch;

public sealed class LocationSchedulerTests
{
    private readonly ManualClock clock = new();

    [Fact]
    public void A_location_has_one_slot_at_a_time()
    {
        var queue = new LocationScheduler(4, 1, clock);

        Take(queue, "a", "b").ShouldBe(["a", "b"]);
        Take(queue, "a", "b", "c").ShouldBe(["c"]);
        queue.End("a");
        Take(queue, "a", "b", "c").ShouldBe(["a"]);
    }

    [Fact]
    public void No_more_locations_than_allowed_are_read_at_once()
    {
        var queue = new LocationScheduler(2, 1, clock);

        Take(queue, "a", "b", "c").ShouldBe(["a", "b"]);
        Take(queue, "a", "b", "c").ShouldBeEmpty();
    }

    [Fact]
    public void Full_syncs_use_no_refetch_slots()
    {
        var queue = new LocationScheduler(1, 1, clock);

        queue.TakeFullSyncs(["a", "b"]).ShouldBe(["a"]);
        queue.TakeFullSyncs(["b"]).ShouldBeEmpty();
        Take(queue, "a", "b").ShouldBe(["b"]);
        queue.End("a");
        queue.TakeFullSyncs(["b", "c"]).ShouldBe(["c"]);
    }

    [Fact]
    public void A_burst_of_one_location_does_not_delay_the_others()
    {
        var queue = new LocationScheduler(1, 1, clock);

        Take(queue, "busy").ShouldBe(["busy"]);
        queue.End("busy");
        Take(queue, "busy", "single").ShouldBe(["single"]);
        queue.End("single");
        Take(queue, "busy", "single").ShouldBe(["busy"]);
    }

    [Fact]
    public void A_paused_location_has_no_slot_until_the_pause_ends()
    {
        var queue = new LocationScheduler(4, 1, clock);
        queue.Pause("a", TimeSpan.FromSeconds(5));

        Take(queue, "a").ShouldBeEmpty();
        clock.Advance(TimeSpan.FromSeconds(5));
        Take(queue, "a").ShouldBe(["a"]);
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_extend_a_pause()
    {
        var queue = new LocationScheduler(4, 1, clock);
        queue.Pause("a", TimeSpan.FromSeconds(5));

        clock.SetWall(-TimeSpan.FromHours(6));
        clock.Advance(TimeSpan.FromSeconds(5));

        Take(queue, "a").ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_location_that_yields_continues_after_the_waiting_ones()
    {
        var queue = new LocationScheduler(1, 1, clock);
        Take(queue, "long");
        Take(queue, "long", "single").ShouldBeEmpty();

        queue.TryYield("long", out var next).ShouldBeTrue();
        Take(queue, "long", "single").ShouldBe(["single"]);
        next.IsCompleted.ShouldBeFalse();
        queue.End("single");
        Take(queue).ShouldBeEmpty();
        await next;
        Take(queue, "third").ShouldBeEmpty("the slot is taken");
    }

    [Fact]
    public void A_location_keeps_its_slot_while_no_other_waits()
    {
        var queue = new LocationScheduler(2, 1, clock);
        Take(queue, "a", "b");

        queue.TryYield("a", out _).ShouldBeFalse();
    }

    private static IReadOnlyList<string> Take(LocationScheduler queue, params string[] due) => queue.Take(due);
}
