using System.Reflection;
using System.Text;
using Azure.Messaging.ServiceBus;
using NotificationHub.Events;
using NotificationHub.LocalBus;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.LocalBus;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Publishing.CloudEvents;

/// <summary>A hub that has published events of every type, and what it sent and served.</summary>
public sealed class EveryEvent : IAsyncLifetime
{
    private const int MaxMessageBytes = 16 * 1024;
    private const string Members = """
        "text":"\"é\" 漢 🍏 \u2028 <&'+>","number":-1.50,"none":null,"list":[true,{}]}
        """;

    private readonly List<PublishedEvent> published = [];
    private LocalServiceBus bus = null!;

    /// <summary>The types of the contract.</summary>
    public static IEnumerable<string> Types =>
        typeof(EventNames)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(constant => (string)constant.GetValue(null)!);

    internal ScenarioHub Hub { get; private set; } = null!;

    internal PublishedEvent this[string type, EventShape shape] =>
        published.Single(one => one.Stored.Type == type && one.Shape == shape);

    public async ValueTask InitializeAsync()
    {
        bus = await LocalServiceBus.StartAsync(new LocalServiceBusOptions { MaxMessageBytes = MaxMessageBytes });
        Hub = await ScenarioHub.StartAsync($"ServiceBus:ConnectionString={bus.ConnectionString}");
        (string Type, EventShape Shape)[] all =
        [
            .. Types.SelectMany(type => Enum.GetValues<EventShape>().Select(shape => (type, shape))),
        ];
        NewEvent[] stored = [.. all.Select(one => Create(one.Type, one.Shape))];
        var seqs = await Hub.Database.AppendEventsAsync(stored);

        var messages = await ReceiveAsync(stored);
        var lines = (await Hub.TextAsync("/events?limit=10000")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(all.Length);
        for (var i = 0; i < all.Length; i++)
        {
            published.Add(
                new PublishedEvent(
                    all[i].Shape,
                    stored[i].Entry(seqs[i]),
                    DataOf(all[i].Shape, asStored: false),
                    messages[$"1-{seqs[i]}"],
                    lines[i]
                )
            );
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        await bus.DisposeAsync();
    }

    private async Task<Dictionary<string, ServiceBusReceivedMessage>> ReceiveAsync(NewEvent[] stored)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var client = TestBus.Connect(bus.ConnectionString);
        Dictionary<string, ServiceBusReceivedMessage> messages = new(StringComparer.Ordinal);
        foreach (var topic in bus.Topics)
        {
            var subscription = topic.Subscriptions.First(one => !one.RequiresSession);
            await using var receiver = client.CreateReceiver(topic.Name, subscription.Name);
            for (var due = stored.Count(one => one.Topic == topic.Name); due > 0; due--)
            {
                var message = await receiver.ReceiveMessageAsync(cancellationToken: patience.Token);
                await receiver.CompleteMessageAsync(message, patience.Token);
                messages.Add(message.MessageId, message);
            }
        }

        return messages;
    }

    private static NewEvent Create(string type, EventShape shape)
    {
        var bare = new NewEvent
        {
            Type = type,
            Data = Encoding.UTF8.GetBytes(DataOf(shape, asStored: true)),
            CreatedAt = At(1_785_585_600_123),
        };
        return shape == EventShape.Bare
            ? bare
            : bare with
            {
                LocationId = "north",
                Subject = "users/é%2F漢 🍏\"%20",
                Conflict = true,
                Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            };
    }

    private static string DataOf(EventShape shape, bool asStored) =>
        shape == EventShape.Large ? $$"""{"text":"{{new string('x', MaxMessageBytes)}}"}"""
        : asStored ? $$"""{"inviteCode":"c",{{Members}}"""
        : $"{{{Members}";
}

/// <summary>Which attributes the event has.</summary>
internal enum EventShape
{
    /// <summary>Every optional attribute.</summary>
    Full,

    /// <summary>No optional attribute.</summary>
    Bare,

    /// <summary>Data that does not fit into a message.</summary>
    Large,
}

/// <summary>An event and the forms in which the hub published it.</summary>
/// <param name="Shape">Which attributes the event has.</param>
/// <param name="Stored">The event as a stage appended it.</param>
/// <param name="Data">The data that consumers may see.</param>
/// <param name="Message">The message as a subscriber received it.</param>
/// <param name="Line">The line of the feed.</param>
internal sealed record PublishedEvent(
    EventShape Shape,
    EventEntry Stored,
    string Data,
    ServiceBusReceivedMessage Message,
    string Line
);
