using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Health;
using NotificationHub.LocalBus;
using NotificationHub.Publishing;
using NotificationHub.Simulator.Demonstration;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.Crash;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>Deliveries over HTTP and messages from a Service Bus that fails in between.</summary>
public sealed class BusErrorTests : IAsyncLifetime
{
    private const int Deliveries = 60;

    private LocalServiceBus bus = null!;
    private HubHost hub = null!;
    private TestLocation location = null!;

    public async ValueTask InitializeAsync()
    {
        bus = await LocalServiceBus.StartAsync();
        hub = await HubHost.StartAsync($"ServiceBus:ConnectionString={bus.ConnectionString}");
        location = await hub.AddLocationAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await bus.DisposeAsync();
    }

    [Fact]
    public async Task Deliveries_are_accepted_during_an_outage_and_events_arrive_in_order_after_it()
    {
        await bus.StopListeningAsync(CancellationToken.None);
        await PostAsync(Deliveries, AssetCount);
        await UntilStoppedAsync("assets");

        await bus.ResumeListeningAsync(CancellationToken.None);

        (await ReceiveAsync("assets", Deliveries)).ShouldBe(Notified(Deliveries));
        bus.Violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(AmqpConditions.EntityDisabled)]
    [InlineData(AmqpConditions.NotFound)]
    [InlineData(AmqpConditions.ServerBusy)]
    [InlineData(AmqpConditions.InternalError)]
    public async Task A_failing_topic_does_not_block_other_topics(string condition)
    {
        bus.Faults.Refuse("assets", condition);
        await PostAsync(Deliveries, n => n % 2 == 0 ? AssetCount(n) : UserAssociated(n));

        (await ReceiveAsync("users", Deliveries / 2)).ShouldBe(Notified(Deliveries).Where((_, n) => n % 2 == 1));
        await UntilStoppedAsync("assets");

        bus.Topic("assets").Accepted.ShouldBe(0);
        bus.Faults.Restore("assets");
        (await ReceiveAsync("assets", Deliveries / 2)).ShouldBe(Notified(Deliveries).Where((_, n) => n % 2 == 0));
    }

    [Fact]
    public async Task A_rejected_event_becomes_a_dead_letter_and_can_be_resent()
    {
        bus.Faults.Poison = message => message.Text.Contains("\"n-30\"", StringComparison.Ordinal);
        await PostAsync(Deliveries, AssetCount);

        (await ReceiveAsync("assets", Deliveries - 1)).ShouldBe(Notified(Deliveries).Where(id => id != "n-30"));
        var reports = await Receiver.ReceiveAllAsync(bus, "hub", "operations", CancellationToken.None, atLeast: 1);
        reports.Single().Subject.ShouldBe("notificationhub.event.dead-lettered.v1");

        bus.Faults.Poison = null;
        var run = await CommandRun.OnAsync(hub, "dead-letters", "resend", "--all");
        run.ExitCode.ShouldBe(0, run.Error);
        (await ReceiveAsync("assets", 1)).ShouldBe(["n-30"]);
    }

    private async Task PostAsync(int count, Func<int, string> body)
    {
        for (var n = 0; n < count; n++)
        {
            (await location.PostAsync(body(n))).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    private static string AssetCount(int n) =>
        $$$"""
            {"notificationId":"n-{{{n}}}","notificationType":"ASSET_COUNT","uId":"2049025000431439",
            "notification":{"adamId":"408709785","pricingParam":"STDQ","countDelta":1}}
            """;

    private static string UserAssociated(int n) =>
        $$$"""
            {"notificationId":"n-{{{n}}}","notificationType":"USER_ASSOCIATED","uId":"2049025000431439",
            "notification":{"associatedUsers":[{"clientUserId":"u-{{{n}}}","idHash":"h","status":"Associated"}]}}
            """;

    private static IEnumerable<string> Notified(int count) => Enumerable.Range(0, count).Select(n => $"n-{n}");

    private Task UntilStoppedAsync(string topic) =>
        Until.TrueAsync(
            () => hub.Services.GetRequiredService<TopicStatuses>()[topic].State == TopicState.Stopped,
            $"the publisher of {topic} has stopped"
        );

    /// <summary>Receives the topic's events.</summary>
    /// <returns>The IDs of their notifications, in order.</returns>
    private async Task<IEnumerable<string>> ReceiveAsync(string topic, int count) =>
        (await Receiver.ReceiveAllAsync(bus, topic, "inventory", CancellationToken.None, count))
            .Select(message => JsonDocument.Parse(message.Body).RootElement.GetProperty("data"))
            .Select(data => data.GetProperty("notificationId").GetString()!);
}
