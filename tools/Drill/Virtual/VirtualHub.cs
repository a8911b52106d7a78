using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.FullSync;
using NotificationHub.Intake;
using NotificationHub.Locations.Secrets;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Retention;
using NotificationHub.Routing;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Drill.Virtual;

/// <summary>The hub's own stages, run pass by pass on virtual time, from one start to its end.</summary>
internal sealed class VirtualHub : IAsyncDisposable
{
    public const string LocationId = "location-1";

    private readonly WebApplication app;
    private readonly SkippingClock clock;
    private Lease routing = null!;
    private Lease reading = null!;

    private VirtualHub(WebApplication app, VirtualDatabase database, SkippingClock clock)
    {
        this.app = app;
        this.clock = clock;
        Database = database;
    }

    public VirtualDatabase Database { get; }

    /// <param name="database">May contain the data of an earlier hub. Disposed with the hub.</param>
    public static async Task<VirtualHub> StartAsync(
        VirtualDatabase database,
        Uri apple,
        ContentTokenProtector protector,
        SkippingClock clock
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
        var started = new VirtualHub(hub.Host.Build(), database, clock);
        await started.TakeLeasesAsync();
        return started;
    }

    /// <summary>Stores a notification like intake.</summary>
    public async Task<AppendOutcome> StoreAsync(byte[] body)
    {
        var envelope = EnvelopeReader.Read(body);
        var digest = SHA256.HashData(body);
        return await Database.AppendAsync(
            new NotificationAppend
            {
                LocationId = Encoding.UTF8.GetBytes(LocationId),
                DedupHash = BitConverter.ToInt64(SHA256.HashData(envelope.NotificationId.Span)),
                NotificationId = envelope.NotificationId,
                NotificationType = envelope.NotificationType,
                UId = envelope.UId,
                Body = body,
                BodySha256 = digest,
                ReceivedAt = clock.GetUtcNow(),
                Disposition = Disposition.Accepted,
            }
        );
    }

    public async Task RouteAsync()
    {
        var pass = app.Services.GetRequiredService<RoutingPass>();
        while (await pass.RouteNextPageAsync(routing, CancellationToken.None) > 0)
        {
            // Routes page by page.
        }
    }

    /// <summary>Runs the location's next due work, in the worker's order.</summary>
    /// <returns>When the next work is due; null if work was done.</returns>
    public async Task<long?> RunDueWorkAsync(bool fullSyncs = true)
    {
        var due = await app
            .Services.GetRequiredService<DueLocationsQuery>()
            .ReadAsync([RefetchTargets.GetShard(LocationId)], fullSyncs, clock.GetUtcNow(), CancellationToken.None);
        if (due.Due.Count > 0)
        {
            await app
                .Services.GetRequiredService<RefetchPass>()
                .ReadDueAsync(LocationId, reading, CancellationToken.None);
            return null;
        }

        if (due.FullSyncs.Count > 0)
        {
            await app.Services.GetRequiredService<FullSyncPass>().RunAsync(LocationId, reading, CancellationToken.None);
            return null;
        }

        return due.NextDueAt?.ToStored() ?? long.MaxValue;
    }

    /// <summary>Resets due times that are too far ahead, as the hub does once a minute.</summary>
    public Task<int> RepairDueTimesAsync() =>
        app.Services.GetRequiredService<DueTimes>().RepairAsync(reading, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await Database.DisposeAsync();
    }

    private async Task TakeLeasesAsync()
    {
        // Expire the leases of the earlier hub.
        await Database.WriteAsync(
            transaction => transaction.ExecuteAsync("update lease set expires_at = 0"),
            CancellationToken.None
        );
        var keeper = app.Services.GetRequiredService<LeaseKeeper>();
        routing = (await keeper.TryAcquireAsync(RoutingPass.Name, CancellationToken.None))!;
        reading = (
            await keeper.TryAcquireAsync(
                RefetchShards.GetLeaseName(RefetchTargets.GetShard(LocationId)),
                CancellationToken.None
            )
        )!;
    }
}
