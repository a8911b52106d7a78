using NotificationHub.Events;
using NotificationHub.OperationTracking;

namespace NotificationHub.Tests.OperationTracking;

public sealed class OperationWorkerTests : OperationTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task One_of_two_hubs_polls_and_the_other_takes_over_when_it_stops()
    {
        await Store.ExecuteAsync("delete from lease where name = 'operations'");
        using var first = NewWorker();
        using var second = NewWorker();
        Location.AddAsset("1");
        await AnnounceAsync(Associate(["1"], Devices(3)));
        await NotificationsAsync();
        Clock.Advance(TimeSpan.FromMinutes(5));

        await first.StartAsync(CancellationToken.None);
        await second.StartAsync(CancellationToken.None);
        await UntilPublishedAsync(1);
        Polls.ShouldBe(1);
        await first.StopAsync(CancellationToken.None);

        await AnnounceAsync(Associate(["1"], Devices(2)), tasks: 2);
        await DeliverAsync((await NotificationsAsync())[^1]);
        // The second worker did not get the lease and retries after one second.
        await Clock.TimersPending();
        Clock.Advance(TimeSpan.FromSeconds(1));
        await UntilPublishedAsync(2);
        await second.StopAsync(CancellationToken.None);

        (await PublishedAsync())
            .Select(published => (published.Type, published.Report.Source))
            .ShouldBe([
                (EventNames.OperationCompleted, OperationSources.EventStatus),
                (EventNames.OperationCompleted, OperationSources.Notifications),
            ]);
    }

    private OperationWorker NewWorker() => Passes.CreateWorker(Store.Database, NewKeeper(), Clock);

    private async Task UntilPublishedAsync(int operations)
    {
        var appended = Store.Database.Signals.EventsAppended.Next;
        while ((await PublishedAsync()).Count < operations)
        {
            await appended.WaitAsync(Patience);
            appended = Store.Database.Signals.EventsAppended.Next;
        }
    }
}
