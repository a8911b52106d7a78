using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Replays;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Publishing;

namespace NotificationHub.Tests.Replays;

/// <summary>Runs replays batch by batch beside live publishers, with a scripted Service Bus and a manual clock.</summary>
internal sealed class ReplayScene : IAsyncDisposable
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(8);

    private ReplayPass pass;
    private Lease? lease;

    private ReplayScene(PublishingScene live)
    {
        Live = live;
        Service = new ReplayService(
            live.Database,
            Options.Create(new ServiceBusOptions { FullyQualifiedNamespace = "bus.example" }),
            live.Clock
        );
        pass = CreatePass();
    }

    public PublishingScene Live { get; }

    public ReplayService Service { get; }

    public ManualClock Clock => Live.Clock;

    public ScriptedServiceBus Bus => Live.Bus;

    /// <summary>Opens a scene in which this many events are published.</summary>
    public static async Task<ReplayScene> OpenAsync(int published)
    {
        var scene = new ReplayScene(await PublishingScene.OpenAsync());
        await scene.PublishAsync(published);
        scene.Bus.Accepted.Clear();
        return scene;
    }

    public async Task<string[]> PublishAsync(int count, string type = "asset.changed", string data = "{}")
    {
        var ids = await Live.AppendAsync(count, type, data);
        await Live.PassAsync(type.StartsWith("user", StringComparison.Ordinal) ? "users" : "assets");
        return ids;
    }

    public Task<Replay> StartAsync(Func<ReplayInput, ReplayInput>? change = null)
    {
        var input = new ReplayInput
        {
            Topic = "assets",
            Subscription = "inventory",
            After = 0,
        };
        return Service.StartAsync(change?.Invoke(input) ?? input, TestActor.Operator, CancellationToken.None);
    }

    public Task<Replay> GetAsync(Replay replay) => Service.GetAsync(replay.Id!, CancellationToken.None);

    /// <summary>One pass, with plenty of the lease left.</summary>
    public async Task<TimeSpan> PassAsync()
    {
        lease ??= (await Live.Leases.TryAcquireAsync(ReplayWorker.Name, CancellationToken.None)).ShouldNotBeNull();
        lease.Extend(Clock.GetTimestamp(), TimeSpan.FromHours(1));
        return await pass.RunAsync(lease, CancellationToken.None);
    }

    /// <summary>Runs a pass whenever one is due, until no replay is unfinished.</summary>
    public async Task FinishAsync()
    {
        for (var passes = 0; passes < 1000; passes++)
        {
            Clock.Advance(await PassAsync());
            if (await Live.Test.ScalarAsync<long>("select count(*) from replay where finished_at is null") == 0)
            {
                return;
            }
        }

        throw new InvalidOperationException("The replays do not finish.");
    }

    /// <summary>Simulates a process that ends without releasing its lease, and the next owner.</summary>
    public async Task RestartAsync()
    {
        await Live.Test.ExecuteAsync(
            "update lease set owner = null, expires_at = 0 where name = @Name",
            new { ReplayWorker.Name }
        );
        (pass, lease) = (CreatePass(), null);
    }

    public ValueTask DisposeAsync() => Live.DisposeAsync();

    private ReplayPass CreatePass() =>
        new(
            Live.Database,
            // On the real clock: the manual clock has only the timers that a test waits for.
            new ReplaySender(new TopicSender(Bus, SendTimeout, TimeProvider.System), SendTimeout),
            Live.Statuses,
            new CloudEventWriter(Options.Create(new PublishingOptions())),
            new ReplayMetrics(Live.Meters),
            Clock,
            NullLogger<ReplayPass>.Instance
        );
}
