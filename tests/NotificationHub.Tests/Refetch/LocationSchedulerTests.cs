using NotificationHub.Refetch.Scheduling;

namespace NotificationHub.Tests.Refetch;

public sealed class LocationSchedulerTests
{
    private readonly ManualClock clock = new();

    [Fact]
    public void A_location_has_one_turn_at_a_time()
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
    public void FullSyncs_take_no_place_of_those_that_notifications_ask_for()
    {
        var queue = new LocationScheduler(1, 1, clock);

        queue.TakeFullSyncs(["a", "b"]).ShouldBe(["a"]);
        queue.TakeFullSyncs(["b"]).ShouldBeEmpty();
        Take(queue, "a", "b").ShouldBe(["b"]);
        queue.End("a");
        queue.TakeFullSyncs(["b", "c"]).ShouldBe(["c"]);
    }

    [Fact]
    public void A_burst_of_one_location_lets_the_others_pass()
    {
        var queue = new LocationScheduler(1, 1, clock);

        Take(queue, "busy").ShouldBe(["busy"]);
        queue.End("busy");
        Take(queue, "busy", "single").ShouldBe(["single"]);
        queue.End("single");
        Take(queue, "busy", "single").ShouldBe(["busy"]);
    }

    [Fact]
    public void A_location_that_rests_has_no_turn_until_it_has_rested()
    {
        var queue = new LocationScheduler(4, 1, clock);
        queue.Rest("a", TimeSpan.FromSeconds(5));

        Take(queue, "a").ShouldBeEmpty();
        clock.Advance(TimeSpan.FromSeconds(5));
        Take(queue, "a").ShouldBe(["a"]);
    }

    [Fact]
    public void A_clock_that_is_set_back_prolongs_no_rest()
    {
        var queue = new LocationScheduler(4, 1, clock);
        queue.Rest("a", TimeSpan.FromSeconds(5));

        clock.SetWall(-TimeSpan.FromHours(6));
        clock.Advance(TimeSpan.FromSeconds(5));

        Take(queue, "a").ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_location_that_leaves_its_place_goes_on_after_those_that_waited()
    {
        var queue = new LocationScheduler(1, 1, clock);
        Take(queue, "long");
        Take(queue, "long", "single").ShouldBeEmpty();

        queue.TryLeave("long", out var turn).ShouldBeTrue();
        Take(queue, "long", "single").ShouldBe(["single"]);
        turn.IsCompleted.ShouldBeFalse();
        queue.End("single");
        Take(queue).ShouldBeEmpty();
        await turn;
        Take(queue, "third").ShouldBeEmpty("the place is taken");
    }

    [Fact]
    public void A_location_keeps_its_place_while_none_waits_for_one()
    {
        var queue = new LocationScheduler(2, 1, clock);
        Take(queue, "a", "b");

        queue.TryLeave("a", out _).ShouldBeFalse();
    }

    private static IReadOnlyList<string> Take(LocationScheduler queue, params string[] due) => queue.Take(due);
}
