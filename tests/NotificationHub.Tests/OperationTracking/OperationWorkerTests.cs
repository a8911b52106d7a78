using NotificationHub.Events;
using NotificationHub.OperationTracking;

namespace NotificationHub.Tests.OperationTracking;

public sealed class OperationWorkerTests : LedgerTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Of_two_hubs_one_asks_and_the_other_goes_on_when_it_stops()
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
        await UntilToldAsync(1);
        Questions.ShouldBe(1);
        await first.StopAsync(CancellationToken.None);

        await AnnounceAsync(Associate(["1"], Devices(2)), tasks: 2);
        await DeliverAsync((await NotificationsAsync())[^1]);
        // Who did not get the lease has gone to sleep, and tries again after a second.
        await Clock.TimersPending();
        Clock.Advance(TimeSpan.FromSeconds(1));
        await UntilToldAsync(2);
        await second.StopAsync(CancellationToken.None);

        (await ToldAsync())
            .Select(told => (told.Type, told.Report.Source))
            .ShouldBe([
                (EventNames.OperationCompleted, OperationSources.EventStatus),
                (EventNames.OperationCompleted, OperationSources.Notifications),
            ]);
    }

    private OperationWorker NewWorker() => Ledger.Worker(Store.Database, NewKeeper(), Clock);

    private async Task UntilToldAsync(int operations)
    {
        var appended = Store.Database.Signals.EventsAppended.Next;
        while ((await ToldAsync()).Count < operations)
        {
            await appended.WaitAsync(Patience);
            appended = Store.Database.Signals.EventsAppended.Next;
        }
    }
}
