using System.Text;
using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.LocalBus;
using NotificationHub.Replays;
using NotificationHub.Simulator.Demonstration;
using NotificationHub.Storage;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Replays;

/// <summary>A running hub, the local Service Bus and receivers on the SDK.</summary>
public sealed class ReplayEndToEndTests : IAsyncLifetime
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
    public async Task A_replay_reaches_its_subscription_only_and_live_events_keep_their_order()
    {
        await AppendAsync(1, 40);
        (await ReceiveAsync("inventory", 40)).Count.ShouldBe(40);
        (await ReceiveAsync("deployment", 40)).Count.ShouldBe(40);

        var started = await CommandRun.OnAsync(
            hub,
            "replay",
            "start",
            "--topic=assets",
            "--subscription=inventory",
            "--after=10",
            "--rate=1000",
            "--json",
            $"--ServiceBus:ConnectionString={bus.ConnectionString}"
        );
        started.ExitCode.ShouldBe(0, started.Error);
        await AppendAsync(41, 40);
        var inventory = await ReceiveAsync("inventory", 70);
        var deployment = await ReceiveAsync("deployment", 40);

        var id = started.Json.GetProperty("id").GetString();
        var (replayed, live) = Split(inventory);
        replayed.Select(message => message.MessageId).ShouldBe(Enumerable.Range(11, 30).Select(seq => $"1-{seq}.{id}"));
        live.Select(message => message.MessageId).ShouldBe(Ids(41));
        deployment.Select(message => message.MessageId).ShouldBe(Ids(41));
        // The batch arrives before the hub commits it.
        await Until.TrueAsync(async () => (await GetAsync()).FinishedAt is not null, "the replay completes");
        (await GetAsync()).Sent.ShouldBe(30);
        bus.Violations.ShouldBeEmpty();

        Task<Replay> GetAsync() =>
            hub.Services.GetRequiredService<ReplayService>().GetAsync(id!, CancellationToken.None);

        static IEnumerable<string> Ids(int first) => Enumerable.Range(first, 40).Select(seq => $"1-{seq}");
    }

    private static (List<ServiceBusReceivedMessage> Replayed, List<ServiceBusReceivedMessage> Live) Split(
        IReadOnlyList<ServiceBusReceivedMessage> messages
    )
    {
        var byKind = messages.ToLookup(message => message.ApplicationProperties.ContainsKey("replay"));
        return ([.. byKind[true]], [.. byKind[false]]);
    }

    private Task<IReadOnlyList<ServiceBusReceivedMessage>> ReceiveAsync(string subscription, int count) =>
        Receiver.ReceiveAllAsync(bus, "assets", subscription, CancellationToken.None, count);

    private Task AppendAsync(int first, int count) =>
        hub.Database.AppendEventsAsync([
            .. Enumerable
                .Range(first, count)
                .Select(number => new NewEvent
                {
                    Type = "asset.changed",
                    LocationId = "north",
                    Data = Encoding.UTF8.GetBytes($$"""{"number":{{number}}}"""),
                    CreatedAt = TimeProvider.System.GetUtcNow(),
                }),
        ]);
}
