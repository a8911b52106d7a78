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

/// <summary>One replica from its start to its end: the hub's own stages, driven pass by pass on virtual time, under leases of its own.</summary>
internal sealed class ModelHub : IAsyncDisposable
{
    /// <summary>How long a replica does not ask again for a lease that another one holds, in milliseconds.</summary>
    private const long Patience = 60_000;

    private readonly WebApplication app;
    private readonly ShiftedClock clock;
    private readonly ShiftedClock databaseClock;

    /// <summary>The leases, and until when each is held by the database's clock.</summary>
    private readonly Dictionary<string, (Lease Lease, long Until)> held = new(StringComparer.Ordinal);

    /// <summary>Leases of other replicas, and when they are looked for again.</summary>
    private readonly Dictionary<string, long> refused = new(StringComparer.Ordinal);

    private ModelHub(WebApplication app, MortalDatabase database, ShiftedClock clock, ShiftedClock databaseClock)
    {
        this.app = app;
        this.clock = clock;
        this.databaseClock = databaseClock;
        Database = database;
    }

    public MortalDatabase Database { get; }

    public static async Task<ModelHub> StartAsync(
        MortalDatabase database,
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
            // The clock skips short time limits at once.
            new AppleClientOptions { BaseUrl = apple, ServiceConfigTimeout = TimeSpan.FromMinutes(1) },
            clock
        ));
        return new ModelHub(hub.Host.Build(), database, clock, databaseClock);
    }

    /// <summary>Stores a notification, as the intake does.</summary>
    public Task<AppendOutcome> PostAsync(string locationId, byte[] body)
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

    /// <summary>Takes the leases of routing, retention and the locations that no other replica holds.</summary>
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
                    // Page by page.
                }
            }
        );

    /// <summary>Makes due what a clock that was ahead has put off for longer than any interval, as the hub does once a minute.</summary>
    public Task RepairDueTimesAsync() =>
        RunAsync(
            RetentionWorker.LeaseName,
            lease => app.Services.GetRequiredService<DueTimes>().RepairAsync(lease, CancellationToken.None)
        );

    /// <summary>Gives a location of the replica's shards the turn that is due, in the order in which the worker would.</summary>
    /// <returns>When the next one is due; null where there was one.</returns>
    public async Task<long?> TurnAsync(IEnumerable<string> locations)
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

    /// <summary>Takes the shard of the location from its owner, as if that replica had not renewed its lease in time.</summary>
    public async Task TakeOverAsync(string locationId)
    {
        var name = ShardOf(locationId);
        await Database.WriteAsync(
            transaction => transaction.ExecuteAsync("update lease set expires_at = 0 where name = @name", new { name }),
            CancellationToken.None
        );
        await AcquireAsync([name]);
    }

    /// <summary>Gives the hub another content token, as <c>locations renew-token</c> does.</summary>
    /// <returns>False where Apple did not take it at this moment.</returns>
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

    /// <summary>What a consumer gets that starts over.</summary>
    /// <returns>The header's sequence, and the lines.</returns>
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

    private Task ReadAsync<T>(string locationId, Func<string, Lease, CancellationToken, Task<T>> turn) =>
        RunAsync(ShardOf(locationId), lease => turn(locationId, lease, CancellationToken.None));

    private async Task AcquireAsync(IReadOnlyCollection<string> names)
    {
        var now = databaseClock.Milliseconds;
        List<string> wanted =
        [
            .. names.Where(name =>
                !Holds(name) && !(refused.TryGetValue(name, out var until) && until > now && until <= now + Patience)
            ),
        ];
        if (wanted.Count == 0)
        {
            return;
        }

        var keeper = app.Services.GetRequiredService<LeaseKeeper>();
        var taken = await keeper.TryAcquireAsync(wanted, wanted.Count, CancellationToken.None);
        foreach (var name in wanted)
        {
            refused[name] = now + Patience;
        }

        foreach (var lease in taken)
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
            // Another replica goes on.
            held.Remove(name);
        }
    }

    private bool Holds(string name) =>
        held.TryGetValue(name, out var known) && known.Until > databaseClock.Milliseconds;

    private static string ShardOf(string locationId) => RefetchShards.GetLeaseName(RefetchTargets.GetShard(locationId));
}
