using System.Globalization;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Secrets;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Mdm;
using NotificationHub.Tests.Crash;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>Apple, a hub on virtual time, and MDMs to which the hub relays the deliveries of one location.</summary>
internal sealed class RelayScene : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(1);

    private readonly ManualClock clock;
    private readonly SimulatedApple apple;
    private readonly SimulatedLocation library;
    private readonly HubHost hub;
    private readonly TestLocation location;
    private readonly List<SimulatedMdm> mdms = [];
    private int apps;

    private RelayScene(
        ManualClock clock,
        SimulatedApple apple,
        SimulatedLocation library,
        HubHost hub,
        TestLocation location
    )
    {
        this.clock = clock;
        this.apple = apple;
        this.library = library;
        this.hub = hub;
        this.location = location;
    }

    public static async Task<RelayScene> StartAsync()
    {
        // The database's clock decides whether a lease has expired, so the clocks should not differ much at first.
        var clock = new ManualClock(TimeProvider.System.GetUtcNow());
        var apple = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions
            {
                Delivery = new() { DuplicateFraction = 0.3, ReorderWindow = 8 },
            }
        );
        var library = apple.AddLocation();
        var hub = await HubHost.StartAsync(
            builder => builder.Services.AddSingleton<TimeProvider>(clock),
            // Each jump passes more time than the hub needs, so lease, age and timeout are long.
            "Storage:LeaseDuration=00:05:00",
            "Relay:MaxAge=14.00:00:00",
            "Relay:Timeout=00:02:00",
            "FullSync:Enabled=false"
        );
        var location = await hub.AddLocationAsync(library.UId);
        library.Configuration = new ClientConfiguration(
            null,
            new Uri(hub.Http.BaseAddress!, location.Path),
            location.Secret,
            NotificationTypes.All
        );
        return new RelayScene(clock, apple, library, hub, location);
    }

    /// <summary>Starts an MDM that receives what is posted from now on.</summary>
    public async Task<SimulatedMdm> AddMdmAsync(string secret)
    {
        var mdm = await SimulatedMdm.StartAsync(secret, clock);
        mdms.Add(mdm);
        var encrypted = hub
            .Services.GetRequiredService<ContentTokenProtector>()
            .Protect(
                RelaySecret.TryParse(secret, out var parsed, out var error)
                    ? parsed
                    : throw new InvalidOperationException(error)
            );
        await hub.Database.WriteAsync(
            transaction => RelayTargetStore.AddAsync(transaction, location.Id, mdm.Url, encrypted),
            CancellationToken.None
        );
        return mdm;
    }

    /// <summary>Makes Apple post one notification for each of several apps, some of them twice, and out of order.</summary>
    public async Task PostAsync(int notifications)
    {
        string[] adamIds =
        [
            .. Enumerable
                .Range(apps, notifications)
                .Select(app => (361304891 + app).ToString(CultureInfo.InvariantCulture)),
        ];
        apps += notifications;
        Array.ForEach(adamIds, adamId => library.AddAsset(adamId, total: 1));
        await library.AssociateAsync(adamIds, ["C02RELAY0001"]);
        await apple.WaitUntilDeliveredAsync();
    }

    /// <summary>Lets time pass, and waits until the MDM has given its present response at least twice.</summary>
    public async Task AdvanceAsync(SimulatedMdm mdm, TimeSpan by)
    {
        var until = clock.GetUtcNow() + by;
        await Until.TrueAsync(
            () =>
            {
                // A jump fires each timer once, which is much less work for the hub.
                clock.Jump(Step);
                return clock.GetUtcNow() >= until
                    && mdm.Deliveries.Count(delivery => delivery.Response == mdm.Response) >= 2;
            },
            $"the MDM has responded {mdm.Response}"
        );
    }

    /// <summary>Waits until the MDM has accepted every notification that Apple has posted.</summary>
    public Task ReceivedAsync(SimulatedMdm mdm, TimeSpan step) =>
        Until.TrueAsync(
            () =>
            {
                clock.Advance(step);
                return Receipts(mdm).Distinct().Count() == apple.Notifications.Count;
            },
            "the MDM has received every notification"
        );

    /// <summary>The MDM accepted exactly Apple's notifications, unchanged, in log order.</summary>
    public async Task ShouldHaveReceivedEverythingAsync(SimulatedMdm mdm)
    {
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        var rows = await connection.QueryAsync<(string Id, byte[] Body)>(
            "select notification_id, body from notification_log order by seq"
        );
        string[] log = [.. rows.Select(row => MdmDelivery.Identify(row.Id, row.Body))];
        log.ShouldBe(
            apple.Notifications.Select(sent => MdmDelivery.Identify(sent.NotificationId, sent.Body.Span)),
            ignoreOrder: true
        );
        Receipts(mdm).Distinct().ShouldBe(log);
        // If a response is late, the same notification is sent again, before any other.
        Receipts(mdm).Select(receipt => Array.IndexOf(log, receipt)).ShouldBeInOrder();
        mdm.Unauthorized.ShouldBe(0);
        mdm.Deliveries.ShouldAllBe(delivery => delivery.ContentType == "application/json");
        mdm.Deliveries.ShouldAllBe(delivery => delivery.UserAgent == "SimulatedApple/1.0");
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await apple.DisposeAsync();
        foreach (var mdm in mdms)
        {
            await mdm.DisposeAsync();
        }
    }

    private static IEnumerable<string> Receipts(SimulatedMdm mdm) => mdm.Accepted.Select(delivery => delivery.Identity);
}
