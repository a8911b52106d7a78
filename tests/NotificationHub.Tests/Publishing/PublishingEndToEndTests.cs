using System.Text;
using System.Text.Json;
using Azure.Messaging.ServiceBus;
using NotificationHub.Events;
using NotificationHub.LocalBus;
using NotificationHub.Simulator.Demonstration;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Publishing;

/// <summary>The publishers, the local Service Bus and a subscriber on the SDK.</summary>
public sealed class PublishingEndToEndTests : IAsyncLifetime
{
    private LocalServiceBus bus = null!;
    private HubHost hub = null!;

    public async ValueTask InitializeAsync()
    {
        bus = await LocalServiceBus.StartAsync();
        hub = await HubHost.StartAsync($"ServiceBus:ConnectionString={bus.ConnectionString}");
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await bus.DisposeAsync();
    }

    [Fact]
    public async Task Messages_have_the_same_bytes_as_the_feed()
    {
        await AppendAsync("""{"text":"\"quoted\" \\ é 漢 🍏 \u2028 <&'+>","n":1.50}""");
        await AppendAsync("{\r\n \"spread\": true,\r\n \"inviteCode\": \"c\"\r\n}");

        var sent = await ReceiveAsync("assets", 2);

        var fed = (await hub.Http.GetStringAsync("/events")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        sent.Select(message => message.Body.ToString()).ShouldBe(fed);
        fed[1].ShouldEndWith("""data":{"spread":true}}""");
        bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_topic_receives_its_events_once_and_in_order_after_an_outage()
    {
        await bus.StopListeningAsync(CancellationToken.None);
        for (var i = 0; i < 50; i++)
        {
            await AppendAsync("{}", i % 2 == 0 ? EventNames.AssetChanged : EventNames.UserChanged);
        }

        await bus.ResumeListeningAsync(CancellationToken.None);

        (await ReceiveAsync("assets", 25)).Select(message => message.MessageId).ShouldBe(Ids(first: 1));
        (await ReceiveAsync("users", 25)).Select(message => message.MessageId).ShouldBe(Ids(first: 2));
        bus.Violations.ShouldBeEmpty();

        static IEnumerable<string> Ids(int first) => Enumerable.Range(0, 25).Select(i => $"1-{first + (2 * i)}");
    }

    [Fact]
    public async Task An_event_too_large_for_a_message_refers_to_its_URL()
    {
        await AppendAsync($"\"{new string('x', 300_000)}\"");

        var message = (await ReceiveAsync("assets", 1)).Single();

        var reference = JsonDocument.Parse(message.Body).RootElement.GetProperty("dataref").GetString();
        var whole = await hub.Http.GetStringAsync(reference);
        JsonDocument.Parse(whole).RootElement.GetProperty("data").GetString()!.Length.ShouldBe(300_000);
        bus.Violations.ShouldBeEmpty();
    }

    private Task<IReadOnlyList<ServiceBusReceivedMessage>> ReceiveAsync(string topic, int count) =>
        Receiver.ReceiveAllAsync(bus, topic, "inventory", CancellationToken.None, count);

    private Task AppendAsync(string data, string type = EventNames.AssetChanged) =>
        hub.Database.AppendEventsAsync(
            new NewEvent
            {
                Type = type,
                LocationId = "north",
                Data = Encoding.UTF8.GetBytes(data),
                CreatedAt = TimeProvider.System.GetUtcNow(),
            }
        );
}
