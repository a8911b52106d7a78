using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Health;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Retention;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Retention;

/// <summary>Retention passes over a database, with events for 14 days and notifications for 30.</summary>
internal sealed class RetentionScene : IDisposable
{
    public const string Bus = "Endpoint=sb://bus.example/;SharedAccessKeyName=key;SharedAccessKey=c2VjcmV0";

    private readonly LeaseKeeper leases;
    private readonly EventRetentionLimit bounds;
    private RetentionPass pass;
    private LogAges ages = null!;
    private TrustedClock trusted = null!;
    private Lease? lease;
    private int count;

    public RetentionScene(TestDatabase store, string? bus = null)
    {
        Store = store;
        leases = store.CreateLeases();
        bounds = new EventRetentionLimit(Options.Create(new ServiceBusOptions { ConnectionString = bus }));
        pass = CreatePass();
    }

    public TestDatabase Store { get; }

    public ManualClock Clock { get; } = new();

    private long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The lease is not renewed.</summary>
    public static void Configure(StorageOptions options) => options.LeaseDuration = TimeSpan.FromMinutes(5);

    /// <summary>Simulates a restart of the hub, which forgets earlier clock readings.</summary>
    public void Restart() => pass = CreatePass();

    public void Pass(int days) => Clock.Advance(TimeSpan.FromDays(days));

    /// <summary>Stores a notification with the current time.</summary>
    public async Task<long> PostAsync(Disposition disposition = Disposition.Accepted)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"notificationId":"n-{{++count}}"}""");
        var outcome = await Store.Database.AppendAsync(
            new NotificationAppend
            {
                LocationId = "location-1"u8.ToArray(),
                DedupHash = count,
                NotificationId = Encoding.UTF8.GetBytes($"n-{count}"),
                Body = body,
                BodySha256 = System.Security.Cryptography.SHA256.HashData(body),
                ReceivedAt = At(Now),
                Disposition = disposition,
                RejectedQuota = 1000,
            }
        );
        return outcome.Seq;
    }

    /// <summary>Appends an event with the current time.</summary>
    /// <param name="notification">The notification that the event refers to.</param>
    public async Task<long> AppendEventAsync(long? notification = null, string type = "asset.changed")
    {
        var seqs = await Store.Database.AppendEventsAsync(
            new NewEvent
            {
                Type = type,
                NotificationSeq = notification,
                Data = notification is null ? "{}"u8.ToArray() : null,
                CreatedAt = At(Now),
            }
        );
        return seqs[0];
    }

    /// <summary>Stores and routes a number of notifications.</summary>
    public async Task RouteAsync(int count)
    {
        var seq = 0L;
        for (var i = 0; i < count; i++)
        {
            seq = await PostAsync();
            await AppendEventAsync(seq, "asset.count.notified");
        }

        await SetCursorAsync("routing", seq);
    }

    public async Task SetCursorAsync(string name, long position)
    {
        var parameters = new { name, position };
        await Store.ExecuteAsync("delete from log_cursor where name = @name", parameters);
        await Store.ExecuteAsync(
            "insert into log_cursor (name, position, last_progress_at) values (@name, @position, 0)",
            parameters
        );
    }

    public Task SetPublishedAsync(string topic, long position) => SetCursorAsync(TopicLog.GetName(topic), position);

    /// <summary>Deletes until nothing is due.</summary>
    public async Task RunAsync()
    {
        while (await RunOnceAsync() > 0)
        {
            // A batch at a time.
        }
    }

    /// <summary>Deletes a batch of each kind.</summary>
    public async Task<int> RunOnceAsync()
    {
        lease ??= await leases.TryAcquireAsync(RetentionWorker.LeaseName, CancellationToken.None);
        return await pass.RunAsync(lease.ShouldNotBeNull(), CancellationToken.None);
    }

    public async Task LoseLeaseAsync()
    {
        lease = await leases.TryAcquireAsync(RetentionWorker.LeaseName, CancellationToken.None);
        await Store.ExecuteAsync("update lease set owner = 'another', fencing_token = fencing_token + 1");
    }

    public async Task<StageStatus> ReadStageAsync()
    {
        var status = new RetentionStatus(bounds, ages, Options.Create(new RetentionOptions()), trusted);
        await using var connection = await Store.Database.OpenReaderAsync(CancellationToken.None);
        var query = new StageStatusQuery(connection, Clock.GetUtcNow(), TimeSpan.FromMinutes(5));
        return (await status.ReadAsync(query, CancellationToken.None)).Single();
    }

    public Task<IReadOnlyList<long>> EventsAsync() => Store.QueryAsync<long>("select seq from event_log order by seq");

    public Task<IReadOnlyList<long>> NotificationsAsync() =>
        Store.QueryAsync<long>("select seq from notification_log order by seq");

    public Task<long> StartAsync(PrunedLog log) => Store.ScalarAsync<long>(log.StartSql);

    public void Dispose() => leases.Dispose();

    private RetentionPass CreatePass()
    {
        ages = new LogAges();
        trusted = new TrustedClock(Store.Database, Clock, NullLogger<TrustedClock>.Instance);
        return new RetentionPass(
            Store.Database,
            bounds,
            ages,
            new RetentionMetrics(Store.Meters),
            Options.Create(new RetentionOptions()),
            trusted,
            Clock
        );
    }
}
