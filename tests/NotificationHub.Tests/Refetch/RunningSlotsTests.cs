using NotificationHub.Refetch.Scheduling;

namespace NotificationHub.Tests.Refetch;

public sealed class RunningSlotsTests
{
    [Theory]
    [InlineData(1, 500, 100, 400)]
    [InlineData(50, 100, 450, 0)]
    [InlineData(1_000, 1_000, 1_000, 0)]
    public void A_rest_does_not_delay_what_becomes_due_after_it(int elapsed, int nextDueIn, int rest, int wait) =>
        RefetchWorker
            .GetPause(TimeSpan.FromMilliseconds(elapsed), TimeSpan.FromMilliseconds(nextDueIn))
            .ShouldBe((TimeSpan.FromMilliseconds(rest), TimeSpan.FromMilliseconds(wait)));

    [Fact]
    public async Task A_slot_that_ends_at_once_is_not_listed()
    {
        var slots = new RunningSlots();
        for (var i = 0; i < 20_000; i++)
        {
            slots.Start($"location-{i}", () => Task.CompletedTask);
        }

        await slots.WhenEndedAsync();

        slots.Locations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_location_whose_next_slot_has_begun_stays_listed_when_the_earlier_one_ends()
    {
        var slots = new RunningSlots();
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        slots.Start("a", () => first.Task);
        var earlier = slots.WhenEndedAsync();
        slots.Start("a", () => second.Task);

        first.SetResult();
        await earlier;

        slots.Locations.ShouldBe(["a"]);
        second.SetResult();
        await slots.WhenEndedAsync();
        slots.Locations.ShouldBeEmpty();
    }
}
