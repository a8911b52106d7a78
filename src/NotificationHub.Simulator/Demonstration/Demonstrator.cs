using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using NotificationHub.Auth;
using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Mdm;
using NotificationHub.Storage;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>Starts all parts, runs the burst, waits until every event has arrived, and audits the result.</summary>
internal sealed class Demonstrator : IAsyncDisposable
{
    private const int SerialsPerRequest = 1000;
    private const int AppsPerRequest = 25;

    // No MDM shares the location here, so the hub may use most of Apple's 15 requests per second.
    private const int RequestsPerSecond = 12;
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(90);

    private readonly DemonstrationOptions options;
    private readonly DemonstrationFolder folder;
    private readonly SimulatedApple apple;
    private readonly LocalServiceBus bus;
    private readonly SimulatedMdm? mdm;
    private readonly RunningHub hub;
    private readonly SimulatedLocation location;
    private TimeSpan elapsed;

    private Demonstrator(
        DemonstrationOptions options,
        DemonstrationFolder folder,
        SimulatedApple apple,
        LocalServiceBus bus,
        SimulatedMdm? mdm,
        RunningHub hub
    )
    {
        this.options = options;
        this.folder = folder;
        this.apple = apple;
        this.bus = bus;
        this.mdm = mdm;
        this.hub = hub;
        location = apple.AddLocation();
        mdm?.Configure(location);
    }

    public IServiceProvider Services => hub.Services;

    public Database Database => hub.Database;

    public LocalServiceBus Bus => bus;

    public Uri ConsoleUrl => new(hub.Url, ConsoleSessions.Root);

    /// <summary>Null without <see cref="DemonstrationOptions.Relay"/>.</summary>
    public SimulatedMdm? Mdm => mdm;

    public static async Task<Demonstrator> StartAsync(
        DemonstrationOptions options,
        DemonstrationFolder folder,
        CancellationToken cancellationToken
    )
    {
        var apple = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions
            {
                Seed = options.Seed,
                Delivery = new SimulatedDeliveryOptions
                {
                    // Apple's five minutes take five seconds.
                    DeliverySpeed = 60,
                    SpreadOver = TimeSpan.FromMinutes(5),
                    DuplicateFraction = options.Duplicates,
                    ReorderWindow = 50,
                },
            },
            cancellationToken
        );
        var bus = await LocalServiceBus.StartAsync(
            new LocalServiceBusOptions { Seed = options.Seed },
            cancellationToken
        );
        var mdm = options.Relay ? await SimulatedMdm.StartAsync(cancellationToken: cancellationToken) : null;
        var hub = await RunningHub.StartAsync(
            folder.Path,
            apple,
            bus,
            cancellationToken,
            $"--Refetch:RequestsPerSecond={Number(RequestsPerSecond)}"
        );
        return new Demonstrator(options, folder, apple, bus, mdm, hub);
    }

    /// <summary>Runs the burst and returns when every stage is idle or stalled.</summary>
    public async Task PlayAsync(ProgressView view, CancellationToken cancellationToken)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var locationId = await hub.RegisterAsync(location, options.Relay, cancellationToken);
        view.Registered(locationId, hub.Url);
        if (options.Faults)
        {
            InjectFaults();
        }

        await AssociateAsync();
        await WaitUntilIdleAsync(view, cancellationToken);
        elapsed = Stopwatch.GetElapsedTime(startedAt);
    }

    /// <summary>Audits the run. Can be called once, because it receives all messages.</summary>
    public async Task<Summary> SummarizeAsync(CancellationToken cancellationToken)
    {
        var counts = await HubCounts.ReadAsync(hub.Database, cancellationToken);
        var findings = await new Audit(apple, location, bus, mdm).RunAsync(hub.Database, cancellationToken);
        var (p50, p99) = Latency.Percentiles(findings.Received);
        var deliveries = apple.DeliveryCounts;
        return new Summary
        {
            Devices = options.Devices,
            Apps = options.Apps,
            Seed = options.Seed,
            Seconds = Math.Round(elapsed.TotalSeconds, 1),
            RequestsPerSecond = RequestsPerSecond,
            DeliveriesPlanned = deliveries.Copies,
            DeliveryAttempts = deliveries.Sent,
            DeliveriesAccepted = deliveries.Answered,
            NotificationsStored = counts.Stored,
            EventsAppended = counts.Appended,
            EventsPublished = counts.Published,
            Topics = [.. findings.Received.GroupBy(one => one.Topic).Select(topic => Summarize(topic, counts))],
            Relay = mdm is null ? null : new RelaySummary(counts.Stored - counts.RelayBacklog, findings.Relayed),
            RefetchRequests = counts.Requests,
            RefetchTargets = counts.Targets,
            AppleRequests = apple.Requests.Total,
            AppleRequestsByEndpoint = apple.Requests.ByEndpoint,
            LatencyP50Milliseconds = Math.Round(p50, 1),
            LatencyP99Milliseconds = Math.Round(p99, 1),
            Lost = findings.Losses.Lost,
            Duplicated = findings.Losses.Duplicated,
            Unexpected = findings.Losses.Unexpected,
            OutOfOrder = findings.OutOfOrder,
            LeftOver = counts.LeftOver + deliveries.Copies - deliveries.Answered,
            Violations = [.. apple.Violations, .. bus.Violations],
        };
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await apple.DisposeAsync();
        await bus.DisposeAsync();
        if (mdm is not null)
        {
            await mdm.DisposeAsync();
        }
    }

    private void InjectFaults()
    {
        apple.Faults.RandomFraction = 0.05;
        // After "busy", a topic waits for the ten seconds that Azure asks for.
        bus.Faults.BusyShare = 0.01;
        bus.Faults.InternalErrorShare = 0.05;
        bus.Faults.LostResponseShare = 0.05;
        mdm?.Next(
            MdmResponse.Status(StatusCodes.Status500InternalServerError),
            MdmResponse.Accept,
            MdmResponse.Abort,
            MdmResponse.Status(StatusCodes.Status404NotFound)
        );
    }

    private async Task AssociateAsync()
    {
        string[] apps = [.. Enumerable.Range(0, options.Apps).Select(app => Number(361304891 + (app * 7)))];
        string[] serials = [.. Enumerable.Range(0, options.Devices).Select(device => $"C02{device:X9}")];
        foreach (var app in apps)
        {
            location.AddAsset(app, total: options.Devices + 10);
        }

        foreach (var some in apps.Chunk(AppsPerRequest))
        {
            foreach (var devices in serials.Chunk(SerialsPerRequest))
            {
                await location.AssociateAsync(some, devices);
            }
        }
    }

    private async Task WaitUntilIdleAsync(ProgressView view, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        var delivered = apple.WaitUntilDeliveredAsync(cancellationToken);
        var before = (Sent: 0, Counts: default(HubCounts));
        var movedAt = Stopwatch.GetTimestamp();
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var now = (apple.DeliveryCounts.Sent, Counts: await HubCounts.ReadAsync(hub.Database, cancellationToken));
            view.Show(apple.DeliveryCounts, now.Counts, apple.Requests.Total);
            if (delivered.IsCompleted && now.Counts.IsIdle)
            {
                return;
            }

            if (
                before.Sent != now.Sent
                || before.Counts?.Published != now.Counts.Published
                || before.Counts?.PendingTargets != now.Counts.PendingTargets
                || before.Counts?.RelayBacklog != now.Counts.RelayBacklog
            )
            {
                movedAt = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(movedAt) > StallLimit)
            {
                // Pending work is part of the result.
                return;
            }

            before = now;
        }
    }

    private static TopicSummary Summarize(IGrouping<string, Received> topic, HubCounts counts)
    {
        var count = counts.Topics.FirstOrDefault(count => count.Topic == topic.Key);
        return new TopicSummary(
            topic.Key,
            count?.Appended ?? 0,
            count?.Published ?? 0,
            [.. topic.Select(received => new SubscriptionSummary(received.Subscription, received.Messages.Count))]
        );
    }

    /// <summary>The addresses of all parts, for experiments.</summary>
    public string Describe()
    {
        var configuration = location.Configuration;
        return $$"""

            Console         {{ConsoleUrl}}
            Hub             {{hub.Url}}
            Events          {{new Uri(hub.Url, "/events?after=0")}}
            Database        {{folder.Path}}
            Simulated Apple {{apple.BaseUrl}}
            Service Bus     {{bus.ConnectionString}}

            Send a notification of your own:
              curl -i -H 'Authorization: Bearer {{configuration.NotificationAuthToken}}' -H 'Content-Type: application/json' \
                -d '{"notificationId":"mine-1","notificationType":"ASSET_COUNT","notification":{"adamId":"361304891","pricingParam":"STDQ","countDelta":5},"uId":"{{location.UId}}"}' \
                {{configuration.NotificationUrl}}

            Press Ctrl+C to stop.
            """;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
