using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.Feed;
using NotificationHub.FullSync;
using NotificationHub.Intake;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Retention;
using NotificationHub.Routing;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using ContentToken = NotificationHub.Apple.ContentToken;
using IssuedToken = NotificationHub.Simulator.Apple.ContentToken;

namespace NotificationHub.Tests.Model;

/// <summary>One replica: the hub's own stages and leases, driven pass by pass on virtual time.</summary>
internal sealed class ModelHub : IAsyncDisposable
{
    /// <summary>How long a replica waits, in milliseconds, before it tries again to acquire a lease.</summary>
    private const long AcquireInterval = 60_000;

    private readonly WebApplication app;
    private readonly ShiftedClock clock;
    private readonly ShiftedClock databaseClock;

    /// <summary>The acquired leases, and when each expires by the database's clock.</summary>
    private readonly Dictionary<string, (Lease Lease, long Until)> held = new(StringComparer.Ordinal);

    /// <summary>When to try again to acquire a lease.</summary>
    private readonly Dictionary<string, long> retryAt = new(StringComparer.Ordinal);

    private ModelHub(WebApplication app, KillableDatabase database, ShiftedClock clock, ShiftedClock databaseClock)
    {
        this.app = app;
        this.clock = clock;
        this.databaseClock = databaseClock;
        Database = database;
    }

    public KillableDatabase Database { get; }

    public static async Task<ModelHub> StartAsync(
        KillableDatabase database,
        Uri apple,
        ContentTokenProtector protector,
        ShiftedClock clock,
        ShiftedClock databaseClock
    )
    {
        await database.OpenAsync(CancellationToken.None);
        var hub = HubApplication.Compose([$"--Storage:ConnectionString={database.Options.ConnectionString}"]);
        hub.Host.Logging.ClearProviders();
        hub.Services.AddSingleton<TimeProvider>(clock);
        hub.Services.AddSingleton<Database>(database);
        hub.Services.AddSingleton(Options.Create(database.Options));
        hub.Services.AddSingleton(protector);
        hub.Services.AddSingleton(services => new AppleClient(
            services.GetRequiredService<IHttpClientFactory>().CreateClient(AppleClient.HttpClientName),
            // SkippingClock skips shorter timeouts at once.
            new AppleClientOptions { BaseUrl = apple, ServiceConfigTimeout = TimeSpan.FromMinutes(1) },
            clock
        ));
        return new ModelHub(hub.Host.Build(), database, clock, databaseClock);
    }

    /// <summary>Stores a notification, as the intake does.</summary>
    public Task<AppendOutcome> StoreAsync(string locationId, byte[] body)
    {
        var envelope = EnvelopeReader.Read(body);
        return Database.AppendAsync(
            new NotificationAppend
            {
                LocationId = Encoding.UTF8.GetBytes(locationId),
                DedupHash = BitConverter.ToInt64(
                    SHA256.HashData([.. Encoding.UTF8.GetBytes(locationId), .. envelope.NotificationId.Span])
                ),
                NotificationId = envelope.NotificationId,
                NotificationType = envelope.NotificationType,
                UId = envelope.UId,
                Body = body,
                BodySha256 = SHA256.HashData(body),
                ReceivedAt = clock.GetUtcNow(),
                Disposition = Disposition.Accepted,
            }
        );
    }

    /// <summary>Acquires the free leases of routing, retention and the locations' shards.</summary>
    public Task AcquireAsync(IEnumerable<string> locations) =>
        AcquireAsync([RoutingPass.Name, RetentionWorker.LeaseName, .. locations.Select(ShardOf).Distinct()]);

    public Task RouteAsync() =>
        RunAsync(
            RoutingPass.Name,
            async lease =>
            {
                var pass = app.Services.GetRequiredService<RoutingPass>();
                while (await pass.RouteNextPageAsync(lease, CancellationToken.None) > 0)
                {
                    // Until all notifications are routed.
                }
            }
        );

    /// <summary>Corrects due times that lie too far ahead because a clock was wrong, as the hub does once a minute.</summary>
    public Task RepairDueTimesAsync() =>
        RunAsync(
            RetentionWorker.LeaseName,
            lease => app.Services.GetRequiredService<DueTimes>().RepairAsync(lease, CancellationToken.None)
        );

    /// <summary>Runs the next due read or full sync in the replica's shards, in the order of the worker.</summary>
    /// <returns>When the next read is due; null after one was done.</returns>
    public async Task<long?> ReadNextAsync(IEnumerable<string> locations)
    {
        HashSet<int> shards = [.. locations.Where(id => Holds(ShardOf(id))).Select(RefetchTargets.GetShard)];
        var due = await app
            .Services.GetRequiredService<DueLocationsQuery>()
            .ReadAsync(shards, fullSyncs: true, clock.GetUtcNow(), CancellationToken.None);
        if (due.Due.Count > 0)
        {
            await ReadAsync(due.Due[0], app.Services.GetRequiredService<RefetchPass>().ReadDueAsync);
            return null;
        }

        if (due.FullSyncs.Count > 0)
        {
            await ReadAsync(due.FullSyncs[0], app.Services.GetRequiredService<FullSyncPass>().RunAsync);
            return null;
        }

        return due.NextDueAt?.ToStored() ?? long.MaxValue;
    }

    /// <summary>Takes over the shard of a location, as if its owner had not renewed the lease in time.</summary>
    public async Task TakeOverAsync(string locationId)
    {
        var name = ShardOf(locationId);
        await Database.WriteAsync(
            transaction => transaction.ExecuteAsync("update lease set expires_at = 0 where name = @name", new { name }),
            CancellationToken.None
        );
        await AcquireAsync([name]);
    }

    /// <summary>Gives the hub a new content token, as <c>locations renew-token</c> does.</summary>
    /// <returns>False if the request to Apple failed.</returns>
    public async Task<bool> RenewAsync(ModelLocation location, IssuedToken token)
    {
        try
        {
            await app
                .Services.GetRequiredService<LocationRenewal>()
                .RenewAsync(location.Id, ContentToken.Parse(token.File), CancellationToken.None);
            location.Stored = token;
            return true;
        }
        catch (LocationException)
        {
            return false;
        }
    }

    /// <summary>A snapshot, as a consumer gets it.</summary>
    /// <returns>The sequence in the header, and the lines.</returns>
    public async Task<(long Sequence, byte[] Lines)> SnapshotAsync(string locationId, string kind)
    {
        var feed = app.Services.GetRequiredService<SnapshotFeed>();
        var sequence = await feed.ReadSequenceAsync(locationId, kind, CancellationToken.None);
        using var lines = new MemoryStream();
        await feed.WriteAsync(locationId, kind, PipeWriter.Create(lines), CancellationToken.None);
        return (sequence!.Value, lines.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await Database.DisposeAsync();
    }

    private Task ReadAsync<T>(string locationId, Func<string, Lease, CancellationToken, Task<T>> read) =>
        RunAsync(ShardOf(locationId), lease => read(locationId, lease, CancellationToken.None));

    private async Task AcquireAsync(IReadOnlyCollection<string> names)
    {
        var now = databaseClock.Milliseconds;
        List<string> wanted =
        [
            .. names.Where(name =>
                !Holds(name)
                && !(retryAt.TryGetValue(name, out var until) && until > now && until <= now + AcquireInterval)
            ),
        ];
        if (wanted.Count == 0)
        {
            return;
        }

        var keeper = app.Services.GetRequiredService<LeaseKeeper>();
        var acquired = await keeper.TryAcquireAsync(wanted, wanted.Count, CancellationToken.None);
        foreach (var name in wanted)
        {
            retryAt[name] = now + AcquireInterval;
        }

        foreach (var lease in acquired)
        {
            held[lease.Name] = (lease, now + (long)Database.Options.LeaseDuration.TotalMilliseconds);
        }
    }

    private async Task RunAsync(string name, Func<Lease, Task> work)
    {
        if (!Holds(name))
        {
            return;
        }

        try
        {
            await work(held[name].Lease);
        }
        catch (LeaseLostException)
        {
            // Another replica has taken over.
            held.Remove(name);
        }
    }

    private bool Holds(string name) =>
        held.TryGetValue(name, out var known) && known.Until > databaseClock.Milliseconds;

    private static string ShardOf(string locationId) => RefetchShards.GetLeaseName(RefetchTargets.GetShard(locationId));
}
