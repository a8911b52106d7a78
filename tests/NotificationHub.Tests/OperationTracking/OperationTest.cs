using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Intake;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;
using NotificationHub.OperationTracking;
using NotificationHub.Refetch.Targets;
using NotificationHub.Routing;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Publishing.CloudEvents;
using NotificationHub.Tests.Storage;
using AssetKey = NotificationHub.Simulator.Apple.State.AssetKey;
using ContentToken = NotificationHub.Apple.ContentToken;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>
/// Operation tracking with real routing and a simulated Apple on one manual clock. A test delivers the notifications that
/// should arrive; the others are lost.
/// </summary>
public abstract class OperationTest : IAsyncLifetime
{
    private protected const string LocationId = "location-1";

    private readonly HttpClient http = new(AppleClient.CreateHandler());
    private readonly ContentTokenProtector protector = new(new EphemeralDataProtectionProvider());
    private AppleClient? client;
    private RoutingPass? routing;
    private Lease? routingLease;

    private protected ManualClock Clock { get; } = new();

    private protected TestDatabase Store { get; private set; } = null!;

    private protected SimulatedApple Apple { get; private set; } = null!;

    private protected SimulatedLocation Location { get; private set; } = null!;

    private protected OperationPasses Passes { get; set; } = null!;

    private protected virtual TimeSpan EventDelay => TimeSpan.Zero;

    /// <summary>Lets a test wrap the database.</summary>
    private protected virtual Database Wrap(Database database) => database;

    private protected long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public async ValueTask InitializeAsync()
    {
        Store = await TestDatabase.OpenAsync(options => options.LeaseDuration = TimeSpan.FromMinutes(5), Wrap);
        Apple = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions { TimeProvider = Clock, EventDelay = EventDelay },
            CancellationToken.None
        );
        Location = Apple.AddLocation();
        // Without a notification URL: Apple creates the notifications, and the test delivers them.
        Location.Configuration = ClientConfiguration.Empty with
        {
            NotificationTypes = NotificationHub.Simulator.Apple.NotificationTypes.All,
        };
        client = new AppleClient(http, new AppleClientOptions { BaseUrl = Apple.BaseUrl }, Clock);
        var keeper = NewKeeper();
        routing = new RoutingPass(
            Store.Database,
            new NotificationRouter(NotificationRoutes.All),
            new RefetchTargets(new RefetchTiming(default, default, default)),
            new RoutingMetrics(Store.Meters),
            Clock,
            NullLogger<RoutingPass>.Instance
        );
        routingLease = await keeper.TryAcquireAsync(RoutingPass.Name, CancellationToken.None);
        await SaveLocationAsync();
        Passes = await StartPassesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        client!.Dispose();
        http.Dispose();
        await Apple.DisposeAsync();
        await Store.DisposeAsync();
        Apple.Violations.ShouldBeEmpty();
    }

    /// <summary>Creates the passes of another hub on the same database; it holds the lease if the lease is free.</summary>
    private protected async Task<OperationPasses> StartPassesAsync(OperationTrackingOptions? options = null) =>
        new(
            Store.Database,
            new LocationSessions(client!, protector, requestsPerSecond: 5, Clock),
            Options.Create(options ?? new OperationTrackingOptions()),
            Clock,
            Store.Meters,
            await NewKeeper().TryAcquireAsync(OperationWorker.LeaseName, CancellationToken.None)
        );

    private protected Task SaveLocationAsync() =>
        Store.Database.WriteAsync(
            transaction =>
                LocationStore.SaveAsync(
                    transaction,
                    new Location
                    {
                        LocationId = LocationId,
                        UId = Location.UId,
                        StateName = LocationState.Valid.ToWireName(),
                        StateSince = At(0),
                        ReceiveOnly = false,
                        ContentToken = protector.Protect(ContentToken.Parse(Location.ContentTokenFile)),
                        CreatedAt = At(0),
                    }
                ),
            CancellationToken.None
        );

    /// <summary>Makes Apple accept an association of assets with devices and process it after the event delay.</summary>
    private protected string Associate(string[] adamIds, string[] devices) =>
        Location.Accept(id =>
            AssetEvents.Associate(
                id,
                [.. adamIds.Select(adamId => new AssetKey(adamId, "STDQ"))],
                [.. devices.Select(AssignmentTarget.Device)]
            )
        );

    private protected static string[] Devices(int count) =>
        [.. Enumerable.Range(0, count).Select(device => $"D{device:0000}")];

    private protected Task<int> AnnounceAsync(string eventId, long? tasks = null, bool deferred = false) =>
        new Announcements(Store.Database, Clock).StoreAsync(
            [
                new Announcement
                {
                    Location = LocationId,
                    EventId = eventId,
                    Kind = deferred ? "DISASSOCIATE" : "ASSOCIATE",
                    Deferred = deferred,
                    Tasks = tasks,
                },
            ],
            new Actor("the-mdm", "127.0.0.1"),
            CancellationToken.None
        );

    /// <summary>Returns all notifications that Apple has created, delivered or not.</summary>
    private protected async Task<byte[][]> NotificationsAsync()
    {
        await Apple.WaitUntilDeliveredAsync();
        return [.. Apple.Notifications.Select(notification => notification.Body.ToArray())];
    }

    /// <summary>Stores and routes the notifications in this order.</summary>
    private protected async Task DeliverAsync(params byte[][] bodies)
    {
        foreach (var body in bodies)
        {
            var envelope = EnvelopeReader.Read(body);
            var digest = SHA256.HashData(body);
            await Store.Database.AppendAsync(
                new NotificationAppend
                {
                    LocationId = Encoding.UTF8.GetBytes(LocationId),
                    DedupHash = BitConverter.ToInt64(digest),
                    NotificationId = envelope.NotificationId,
                    NotificationType = envelope.NotificationType,
                    UId = envelope.UId,
                    Body = body,
                    BodySha256 = digest,
                    ReceivedAt = At(Now),
                    Disposition = Disposition.Accepted,
                    RejectedQuota = 100,
                }
            );
        }

        await routing!.RouteNextPageAsync(routingLease!, CancellationToken.None);
    }

    /// <summary>Returns the same notification with another <c>notificationId</c>.</summary>
    private protected static byte[] WithNewId(byte[] body)
    {
        var envelope = System.Text.Json.Nodes.JsonNode.Parse(body)!;
        envelope["notificationId"] = Guid.NewGuid().ToString();
        return Encoding.UTF8.GetBytes(envelope.ToJsonString());
    }

    /// <summary>Advances the clock and runs the passes every minute.</summary>
    private protected async Task AdvanceAsync(TimeSpan time)
    {
        for (var end = Clock.GetUtcNow() + time; Clock.GetUtcNow() < end; )
        {
            var remaining = end - Clock.GetUtcNow();
            Clock.Advance(remaining < TimeSpan.FromMinutes(1) ? remaining : TimeSpan.FromMinutes(1));
            await Passes.RunAsync();
        }
    }

    private protected int Polls => Apple.Requests.Count("/status");

    private protected async Task<IReadOnlyList<(string Type, OperationReport Report)>> PublishedAsync()
    {
        await using var connection = await Store.Database.OpenReaderAsync(CancellationToken.None);
        var events = await EventLog.ReadPageAsync(connection, 0, new EventFilter(), 10_000, CancellationToken.None);
        return
        [
            .. events
                .ShouldBeCloudEvents()
                .Where(entry => entry.Type.StartsWith("operation.", StringComparison.Ordinal))
                .Select(entry =>
                    (entry.Type, JsonSerializer.Deserialize(entry.Data, EventJsonContext.Default.OperationReport)!)
                ),
        ];
    }

    private protected Task<string?> StateAsync(string eventId) =>
        Store.ScalarAsync<string>("select state from operation where event_id = @eventId", new { eventId });

    private protected LeaseKeeper NewKeeper() =>
        new(Store.Database, Options.Create(Store.Options), TimeProvider.System, NullLogger<LeaseKeeper>.Instance);
}
