using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Publishing;

/// <summary>Runs publishers pass by pass, with a scripted Service Bus and a manual clock.</summary>
internal sealed class PublishingScene : IAsyncDisposable
{
    /// <summary>Longer than any backoff.</summary>
    public static readonly TimeSpan AnyBackoff = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(8);

    private readonly Dictionary<string, (TopicPublisher Publisher, Lease Lease)> topics = [];
    private readonly TestDatabase test;

    private PublishingScene(TestDatabase test)
    {
        this.test = test;
        Leases = test.CreateLeases(Clock);
        DeadLetters = new DeadLetterStore(Database, Clock);
    }

    public ManualClock Clock { get; } = new();

    public ScriptedServiceBus Bus { get; } = new();

    public TopicStatuses Statuses { get; } = new();

    public LeaseKeeper Leases { get; }

    public DeadLetterStore DeadLetters { get; }

    public TestDatabase Test => test;

    public Database Database => test.Database;

    public static async Task<PublishingScene> OpenAsync() =>
        // The database clock decides about leases, and a busy machine must not end one.
        new(
            await TestDatabase.OpenAsync(options =>
            {
                options.LeaseDuration = TimeSpan.FromMinutes(5);
                options.LockTimeout = TimeSpan.Zero;
            })
        );

    /// <summary>Appends events with <paramref name="data"/> and returns their IDs.</summary>
    public async Task<string[]> AppendAsync(int count, string type = "asset.changed", string data = "{}")
    {
        NewEvent[] events =
        [
            .. Enumerable.Repeat(
                new NewEvent
                {
                    Type = type,
                    LocationId = "north",
                    Data = Encoding.UTF8.GetBytes(data),
                    CreatedAt = Clock.GetUtcNow(),
                },
                count
            ),
        ];
        var seqs = await Database.AppendEventsAsync(events);
        return [.. seqs.Select(seq => $"1-{seq}")];
    }

    /// <summary>One pass of the topic's publisher, with plenty of its lease left.</summary>
    public async Task<bool> PassAsync(string topic = "assets")
    {
        var (publisher, lease) = await PublisherAsync(topic);
        lease.Extend(Clock.GetTimestamp(), TimeSpan.FromHours(1));
        return await publisher.PublishNextAsync(lease, CancellationToken.None);
    }

    /// <summary>Runs a pass after every backoff.</summary>
    public Task<bool> LaterPassAsync(string topic = "assets")
    {
        Clock.Advance(AnyBackoff);
        return PassAsync(topic);
    }

    public async Task<(TopicPublisher Publisher, Lease Lease)> PublisherAsync(string topic)
    {
        if (!topics.TryGetValue(topic, out var one))
        {
            var lease = await Leases.TryAcquireAsync(TopicLog.GetName(topic), CancellationToken.None);
            one = (CreatePublisher(topic), lease.ShouldNotBeNull());
            topics[topic] = one;
        }

        return one;
    }

    public TestMeters Meters => test.Meters;

    public Task<long> CursorAsync(string topic = "assets") =>
        test.ScalarAsync<long>(
            "select coalesce(max(position), 0) from log_cursor where name = @name",
            new { name = TopicLog.GetName(topic) }
        );

    public Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync() =>
        DeadLetters.ListAsync(topic: null, state: null, after: 0, limit: 100, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Leases.Dispose();
        await test.DisposeAsync();
    }

    private TopicPublisher CreatePublisher(string topic)
    {
        var logger = NullLogger<TopicPublisher>.Instance;
        return new TopicPublisher(
            new TopicLog(topic, Database, Clock),
            new TopicMessages(new CloudEventWriter(Options.Create(new PublishingOptions()))),
            // On the real clock: the manual clock has only the timers that a test waits for.
            new TopicSender(Bus, SendTimeout, TimeProvider.System),
            new TopicStatusTracker(topic, Statuses, new PublishingMetrics(Meters), new Random(1), Clock, logger),
            SendTimeout,
            logger
        );
    }
}
