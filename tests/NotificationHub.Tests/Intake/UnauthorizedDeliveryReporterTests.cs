using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Hosting;
using NotificationHub.Intake;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Intake;

public sealed class UnauthorizedDeliveryReporterTests
{
    [Fact]
    public async Task Unauthorized_deliveries_above_the_threshold_raise_one_event_with_their_count()
    {
        await using var hub = await ScenarioHub.StartAsync("Intake:UnauthorizedThreshold=3");
        var location = await hub.AddLocationAsync();
        var other = await hub.AddLocationAsync();
        var reporter = hub.Services.GetRequiredService<UnauthorizedDeliveryReporter>();

        await RefuseAsync(location, 2);
        await reporter.ReportAsync(CancellationToken.None);
        (await EventsAsync(hub)).ShouldBeEmpty();

        await RefuseAsync(location, 4);
        await RefuseAsync(other, 2);
        await reporter.ReportAsync(CancellationToken.None);
        await reporter.ReportAsync(CancellationToken.None);

        var refused = (await EventsAsync(hub)).ShouldHaveSingleItem();
        refused.Type.ShouldBe("notificationhub.location.refused.v1");
        refused.Location.ShouldBe(location.Id);
        refused.Data!.Count.ShouldBe(4);
        refused.Data.Since.ShouldBeLessThan(refused.Time!.Value);
    }

    [Fact]
    public async Task The_hub_runs_the_reporter()
    {
        await using var hub = await ScenarioHub.StartAsync();

        hub.Services.GetWorkers().ShouldContain(hub.Services.GetRequiredService<UnauthorizedDeliveryReporter>());
    }

    [Fact]
    public async Task An_unexpected_error_does_not_stop_the_reporter()
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
        var credentials = new LocationCredentialCache(store.Database, new MemoryBudget(long.MaxValue), options, clock);
        await credentials.RefreshAsync(CancellationToken.None);
        var log = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var reporter = new UnauthorizedDeliveryReporter(
            store.Database,
            credentials,
            options,
            clock,
            loggers.CreateLogger<UnauthorizedDeliveryReporter>()
        );
        await reporter.StartAsync(CancellationToken.None);
        await clock.TimersPending();

        await store.ExecuteAsync("alter table event_log rename to event_log_away");
        var logged = log.Next("Could not report unauthorized deliveries");
        credentials.Find("location-1")!.CountUnauthorized(options.Value.UnauthorizedThreshold);
        clock.Advance(UnauthorizedDeliveryReporter.Period);
        await logged.WaitAsync(TimeSpan.FromSeconds(60));
        await store.ExecuteAsync("alter table event_log_away rename to event_log");
        var appended = store.Database.Signals.EventsAppended.Next;
        clock.Advance(UnauthorizedDeliveryReporter.Period);
        await appended.WaitAsync(TimeSpan.FromSeconds(60));

        // The deliveries of the failed attempt are reported now.
        (await store.ScalarAsync<string>("select type from event_log")).ShouldBe(EventNames.LocationRefused);
        await reporter.StopAsync(CancellationToken.None);
    }

    private static async Task RefuseAsync(TestLocation location, int deliveries)
    {
        for (var n = 0; n < deliveries; n++)
        {
            using var content = new StringContent(TestLocation.Notification($"n-{n}"));
            (await location.PostAsync(content, "wrong")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    private static async Task<IReadOnlyList<CloudEvent<LocationRefused>>> EventsAsync(ScenarioHub hub)
    {
        var type = EventTypes.Of(EventNames.LocationRefused);
        var lines = await hub.Http.GetStringAsync($"/events?type={type}");
        return
        [
            .. lines
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonSerializer.Deserialize(line, EventJsonContext.Default.CloudEventLocationRefused)!),
        ];
    }
}
