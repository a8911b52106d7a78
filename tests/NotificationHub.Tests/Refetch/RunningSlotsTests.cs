using NotificationHub.Refetch.Scheduling;

namespace NotificationHub.Tests.Refetch;

public sealed class RunningSlotsTests
{
    [Fact]
    public async Task A_turn_that_ends_at_once_leaves_nothing_behind()
    {
        var turns = new RunningSlots();
        for (var i = 0; i < 20_000; i++)
        {
            turns.Start($"location-{i}", () => Task.CompletedTask);
        }

        await turns.EndAsync();

        turns.Locations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_location_whose_next_turn_has_begun_stays_listed_when_the_earlier_one_ends()
    {
        var turns = new RunningSlots();
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        turns.Start("a", () => first.Task);
        var earlier = turns.EndAsync();
        turns.Start("a", () => second.Task);

        first.SetResult();
        await earlier;

        turns.Locations.ShouldBe(["a"]);
        second.SetResult();
        await turns.EndAsync();
        turns.Locations.ShouldBeEmpty();
    }
}
