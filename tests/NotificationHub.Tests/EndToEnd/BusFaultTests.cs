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

/// <summary>Posts go in over HTTP and messages come out of the bus, which is not always well in between.</summary>
public sealed class BusFaultTests : IAsyncLifetime
{
    private const int Posts = 60;

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
    public async Task While_the_bus_is_down_posts_are_accepted_and_when_it_is_back_all_come_in_order()
    {
        await bus.StopListeningAsync(CancellationToken.None);
        await PostAsync(Posts, AssetCount);
        await UntilStoppedAsync("assets");

        await bus.ResumeListeningAsync(CancellationToken.None);

        (await ReceiveAsync("assets", Posts)).ShouldBe(Notified(Posts));
        bus.Violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(AmqpConditions.EntityDisabled)]
    [InlineData(AmqpConditions.NotFound)]
    [InlineData(AmqpConditions.ServerBusy)]
    [InlineData(AmqpConditions.InternalError)]
    public async Task A_topic_that_refuses_everything_holds_up_no_other(string condition)
    {
        bus.Faults.Refuse("assets", condition);
        await PostAsync(Posts, n => n % 2 == 0 ? AssetCount(n) : UserAssociated(n));

        (await ReceiveAsync("users", Posts / 2)).ShouldBe(Notified(Posts).Where((_, n) => n % 2 == 1));
        await UntilStoppedAsync("assets");

        bus.Topic("assets").Accepted.ShouldBe(0);
        bus.Faults.Restore("assets");
        (await ReceiveAsync("assets", Posts / 2)).ShouldBe(Notified(Posts).Where((_, n) => n % 2 == 0));
    }

    [Fact]
    public async Task A_poison_event_between_good_ones_is_set_aside_and_can_be_sent_again()
    {
        bus.Faults.Poison = message => message.Text.Contains("\"n-30\"", StringComparison.Ordinal);
        await PostAsync(Posts, AssetCount);

        (await ReceiveAsync("assets", Posts - 1)).ShouldBe(Notified(Posts).Where(id => id != "n-30"));
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
            $"{topic} is seen to stand still"
        );

    /// <summary>Receives the topic's events.</summary>
    /// <returns>The IDs of their notifications, in order.</returns>
    private async Task<IEnumerable<string>> ReceiveAsync(string topic, int count) =>
        (await Receiver.ReceiveAllAsync(bus, topic, "inventory", CancellationToken.None, count))
            .Select(message => JsonDocument.Parse(message.Body).RootElement.GetProperty("data"))
            .Select(data => data.GetProperty("notificationId").GetString()!);
}
