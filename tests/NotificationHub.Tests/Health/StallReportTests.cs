using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Health;
using NotificationHub.LocalBus;
using NotificationHub.Publishing;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Health;

/// <summary>Runs the whole hub on a manual clock.</summary>
public sealed class StallReportTests
{
    private const string Stage = "publishing:hub";
    private const string Stalled = $"Stage {Stage} has been stalled since";

    // Leases use the database's clock, so the two clocks must be close.
    private readonly ManualClock clock = new(TimeProvider.System.GetUtcNow());
    private readonly LogLines log = new();

    [Fact]
    public async Task A_stalled_topic_is_reported_in_the_health_detail_the_log_and_the_metrics()
    {
        await using var bus = await LocalServiceBus.StartAsync();
        await using var hub = await StartAsync(bus);
        using var readings = new MeterReadings(hub.Services.GetRequiredService<IMeterFactory>());
        await bus.StopListeningAsync(CancellationToken.None);
        await StopTopicAsync(hub);

        clock.Advance(TimeSpan.FromMinutes(4));
        IsStalled(await hub.DetailAsync()).ShouldBeFalse();
        var logged = log.Next(Stalled);
        clock.Advance(TimeSpan.FromMinutes(2));

        await logged.WaitAsync(TimeSpan.FromSeconds(60));
        IsStalled(await hub.DetailAsync()).ShouldBeTrue();
        await Until.TrueAsync(() => Observe(readings, "notificationhub.stage.stalled") == 1, "the stall is measured");
        Observe(readings, "notificationhub.stage.oldest_pending_age").ShouldBeGreaterThan(300);
        (await hub.IsReadyAsync()).ShouldBeTrue();

        await bus.ResumeListeningAsync(CancellationToken.None);
        await UntilAsync(
            () => log.Text.Contains($"Stage {Stage} is making progress again", StringComparison.Ordinal),
            "the stall has ended"
        );
        IsStalled(await hub.DetailAsync()).ShouldBeFalse();
        log.Text.Split(Stalled).Length.ShouldBe(2, "logged once");
        Observe(readings, "notificationhub.stage.oldest_pending_age").ShouldBe(0);
    }

    private Task<HubHost> StartAsync(LocalServiceBus bus) =>
        HubHost.StartAsync(
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(clock);
                builder.Logging.AddProvider(log);
            },
            $"ServiceBus:ConnectionString={bus.ConnectionString}",
            "Logging:LogLevel:Default=Information"
        );

    private async Task StopTopicAsync(HubHost hub)
    {
        var location = await hub.AddLocationAsync();
        using var response = await location.PostAsync(TestLocation.Notification("n-1"));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var statuses = hub.Services.GetRequiredService<TopicStatuses>();
        await UntilAsync(() => statuses["hub"].State == TopicState.Stopped, "the topic stops");
    }

    private Task UntilAsync(Func<bool> condition, string what) =>
        Until.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return condition();
            },
            what
        );

    private static bool IsStalled(System.Text.Json.JsonElement detail) =>
        detail.Topic("hub").GetProperty("stalledSince").ValueKind == System.Text.Json.JsonValueKind.String;

    private static double Observe(MeterReadings readings, string instrument)
    {
        readings.Observe();
        return readings.Of(instrument, Stage)[^1];
    }
}
