using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Intake;
using NotificationHub.Tests.Locations;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Intake;

public sealed class UnauthorizedDeliveryReporterTests
{
    [Fact]
    public async Task An_unexpected_error_does_not_end_the_watch()
    {
        await using var store = await TestDatabase.OpenAsync();
        await store.ExecuteAsync(
            """
            insert into location (location_id, state, state_since, receive_only, read_number, created_at)
            values ('location-1', 'valid', 0, 1, 0, 0)
            """
        );
        var clock = new ManualClock();
        var options = Options.Create(new IntakeOptions());
        var gates = new LocationCredentialCache(store.Database, new MemoryBudget(long.MaxValue), options, clock);
        await gates.RefreshAsync(CancellationToken.None);
        var log = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var watch = new UnauthorizedDeliveryReporter(
            store.Database,
            gates,
            options,
            clock,
            loggers.CreateLogger<UnauthorizedDeliveryReporter>()
        );
        await watch.StartAsync(CancellationToken.None);
        await clock.TimersPending();

        await store.ExecuteAsync("alter table event_log rename to event_log_away");
        var logged = log.Next("Could not report unauthorized deliveries");
        Refuse();
        await logged.WaitAsync(TimeSpan.FromSeconds(60));
        await store.ExecuteAsync("alter table event_log_away rename to event_log");
        var appended = store.Database.Signals.EventsAppended.Next;
        Refuse();
        await appended.WaitAsync(TimeSpan.FromSeconds(60));

        (await store.ScalarAsync<string>("select type from event_log")).ShouldBe(EventNames.LocationRefused);
        await watch.StopAsync(CancellationToken.None);

        void Refuse()
        {
            for (var i = 0; i < options.Value.UnauthorizedThreshold; i++)
            {
                gates.Find("location-1")!.CountRefused();
            }

            clock.Advance(options.Value.RefusalPeriod);
        }
    }
}
