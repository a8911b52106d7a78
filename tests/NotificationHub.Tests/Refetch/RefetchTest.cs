using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Simulator.Apple;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Publishing.CloudEvents;
using NotificationHub.Tests.Storage;
using ContentToken = NotificationHub.Apple.ContentToken;

namespace NotificationHub.Tests.Refetch;

/// <summary>A simulated Apple with one registered location, a database, and the passes that read.</summary>
public abstract class RefetchTest : IAsyncLifetime
{
    private protected const string LocationId = "location-1";

    private readonly HttpClient http = new(AppleClient.CreateHandler());
    private readonly ContentTokenProtector protector = new(new EphemeralDataProtectionProvider());
    private readonly IOptions<RefetchOptions> settings = Options.Create(new RefetchOptions());
    private AppleClient? client;

    private protected RefetchOptions Settings => settings.Value;

    private protected FullSyncOptions FullSyncSettings { get; } = new();

    private LeaseKeeper? leases;

    private protected SkippingClock Clock { get; } = new();

    private protected TestDatabase Store { get; private set; } = null!;

    private protected SimulatedApple Apple { get; private set; } = null!;

    private protected SimulatedLocation Location { get; private set; } = null!;

    private protected RefetchPass Pass { get; private set; } = null!;

    private protected LocationScheduler Queue { get; } = new(parallel: 1, fullSyncs: 1, TimeProvider.System);

    private protected Lease Held { get; set; } = null!;

    private protected virtual int PageSize => 500;

    private protected virtual Database Wrap(Database database) => database;

    private protected RefetchTiming Timing { get; } =
        new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(4));

    public async ValueTask InitializeAsync()
    {
        Store = await TestDatabase.OpenAsync(options => options.LeaseDuration = TimeSpan.FromMinutes(5), Wrap);
        Apple = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions { TimeProvider = Clock, PageSize = PageSize },
            CancellationToken.None
        );
        Location = Apple.AddLocation();
        client = new AppleClient(
            http,
            // The clock skips short time limits at once.
            new AppleClientOptions { BaseUrl = Apple.BaseUrl, ServiceConfigTimeout = TimeSpan.FromMinutes(1) },
            Clock
        );
        leases = Store.CreateLeases();
        Pass = CreatePass(Clock);
        await SaveLocationAsync(LocationId, Location);
        Held = await AcquireAsync();
    }

    public async ValueTask DisposeAsync()
    {
        client!.Dispose();
        http.Dispose();
        await Apple.DisposeAsync();
        await Store.DisposeAsync();
    }

    private protected async Task<Lease> AcquireAsync() =>
        (await leases!.TryAcquireAsync(RefetchShards.GetLeaseName(0), CancellationToken.None))!;

    private protected RefetchPass CreatePass(TimeProvider time) =>
        new(
            Store.Database,
            CreateContexts(time),
            CreateExecutor(time),
            new TargetStore(Timing),
            CreateFailures(time),
            time
        );

    private protected FullSyncPass CreateFullSyncs()
    {
        var schedule = new FullSyncSchedule(Options.Create(FullSyncSettings), Clock);
        var completion = new FullSyncCompletion(Store.Database, schedule, NullLogger<FullSyncCompletion>.Instance);
        return new FullSyncPass(
            Store.Database,
            CreateContexts(Clock),
            new FullSyncRead(CreateUpdater(Clock), Metrics, schedule),
            new FullSyncFinalizer(
                CreateExecutor(Clock),
                new UnseenRecords(Store.Database, new AbsentRecords(Store.Database)),
                new CountMismatches(Store.Database),
                completion,
                CreateMassRemovals(Clock),
                schedule
            ),
            new FullSyncFailures(CreateFailures(Clock), schedule),
            schedule,
            Options.Create(FullSyncSettings)
        );
    }

    private static LocationStateUpdater CreateUpdater(TimeProvider time) =>
        new(time, NullLogger<LocationStateUpdater>.Instance);

    private ReadExecutor CreateExecutor(TimeProvider time) =>
        new(
            new AbsentRecords(Store.Database),
            new TargetStore(Timing),
            new RetiredUsers(Store.Database, new RefetchTargets(Timing)),
            CreateUpdater(time),
            CreateMassRemovals(time),
            Metrics,
            time
        );

    private RefetchMetrics Metrics => new(Store.Meters);

    private MassRemovals CreateMassRemovals(TimeProvider time) =>
        new(Store.Database, settings, Metrics, time, NullLogger<MassRemovals>.Instance);

    private RefetchFailures CreateFailures(TimeProvider time) =>
        new(Store.Database, settings, Metrics, time, NullLogger<RefetchFailures>.Instance);

    private RefetchContextFactory CreateContexts(TimeProvider time) =>
        new(
            Store.Database,
            CreateFailures(time),
            new LocationSessions(client!, protector, settings.Value.RequestsPerSecond, time),
            Queue,
            time
        );

    private protected Task SaveLocationAsync(string locationId, SimulatedLocation simulated) =>
        Store.Database.WriteAsync(
            transaction =>
                LocationStore.SaveAsync(
                    transaction,
                    new Location
                    {
                        LocationId = locationId,
                        UId = simulated.UId,
                        StateName = LocationState.Valid.ToWireName(),
                        StateSince = At(0),
                        ReceiveOnly = false,
                        MdmId = "the-mdm",
                        ContentToken = protector.Protect(ContentToken.Parse(simulated.ContentTokenFile)),
                        CreatedAt = At(0),
                    }
                ),
            CancellationToken.None
        );

    /// <summary>Stores a new content token while a read with the old one is under way, as <c>locations renew-token</c> does.</summary>
    private protected void Renew(ContentTokenState old = ContentTokenState.Revoked)
    {
        Location.ContentToken.State = old;
        Location.IssueContentToken(Clock.GetUtcNow().AddYears(1));
        SaveLocationAsync(LocationId, Location).GetAwaiter().GetResult();
    }

    /// <summary>Requests reads, as the router does.</summary>
    private protected Task RequestAsync(params MergedRequest[] requests) =>
        Store.Database.WriteAsync(
            transaction => new RefetchTargets(Timing).RequestAsync(transaction, requests, Clock.GetUtcNow()),
            CancellationToken.None
        );

    private protected static MergedRequest Asset(string adamId, string pricing = "STDQ") =>
        new(LocationId, RecordKind.Asset, $"{adamId}/{pricing}");

    private protected static MergedRequest Assignments(string adamId, string? holder = null) =>
        new(LocationId, RecordKind.Assignment, $"{adamId}/STDQ", holder);

    private protected static MergedRequest User(string clientUserId) => new(LocationId, RecordKind.User, clientUserId);

    private protected static MergedRequest Subscription(string adamId) =>
        new(LocationId, RecordKind.Subscription, adamId);

    private protected static MergedRequest Seats(string adamId) =>
        new(LocationId, RecordKind.SubscriptionAssignment, adamId);

    /// <summary>Runs one slot of the location when its next target is due.</summary>
    private protected async Task<int> RunSlotAsync()
    {
        var due = await Store.ScalarAsync<long>(
            """
            select max(min(t.due_at), coalesce(max(l.paused_until), 0))
            from refetch_target t
            join location l on l.location_id = t.location_id
            where t.requested > t.fetched
            """
        );
        if (due > Clock.Milliseconds)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(due - Clock.Milliseconds));
        }

        return await Pass.ReadDueAsync(LocationId, Held, CancellationToken.None);
    }

    /// <summary>Runs slots until no target is pending.</summary>
    private protected async Task DrainAsync(int slots = 200)
    {
        while (await WaitingAsync() > 0)
        {
            slots--.ShouldBeGreaterThan(0, "targets remain");
            await RunSlotAsync();
        }
    }

    private protected async Task ReadAsync(params MergedRequest[] requests)
    {
        await RequestAsync(requests);
        await DrainAsync();
    }

    private protected Task<long> WaitingAsync() =>
        Store.ScalarAsync<long>("select count(*) from refetch_target where requested > fetched");

    private protected Task<string?> StateAsync() => Store.ScalarAsync<string>("select state from location");

    private protected async Task<IReadOnlyList<EventEntry>> EventsAsync(string? type = null)
    {
        await using var connection = await Store.Database.OpenReaderAsync(CancellationToken.None);
        List<EventEntry> events = [];
        IReadOnlyList<EventEntry> page;
        do
        {
            page = await EventLog.ReadPageAsync(
                connection,
                after: events.Count == 0 ? 0 : events[^1].Seq,
                new EventFilter(Type: type),
                limit: 10_000,
                CancellationToken.None
            );
            events.AddRange(page);
        } while (page.Count > 0);

        return events.ShouldBeCloudEvents();
    }

    /// <summary>The records of a consumer that applies only the events.</summary>
    private protected async Task<ConsumerCopy> CopyAsync() => ConsumerCopy.Of(await EventsAsync());
}
