using System.Runtime.InteropServices;
using Microsoft.AspNetCore.DataProtection;
using NotificationHub.Drill.Virtual;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;
using NotificationHub.Simulator.Apple;
using ContentToken = NotificationHub.Apple.ContentToken;

namespace NotificationHub.Drill.Requests;

/// <summary>An imported location and the hub's stages on virtual time, to count the requests that a change causes.</summary>
internal sealed class RequestScene : IAsyncDisposable
{
    private const int PageSize = 500;
    private const int Seed = 1;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("notificationhub-requests-");
    private readonly ContentTokenProtector protector = new(new EphemeralDataProtectionProvider());
    private readonly SkippingClock clock;
    private readonly SimulatedApple apple;
    private readonly SimulatedLocation location;
    private VirtualHub hub = null!;
    private int delivered;

    private RequestScene(SimulatedApple apple, SkippingClock clock)
    {
        this.apple = apple;
        this.clock = clock;
        location = apple.AddLocation();
    }

    public int ImportRequests { get; private set; }

    public static async Task<RequestScene> StartAsync(
        Action<SimulatedLocation> fill,
        CancellationToken cancellationToken
    )
    {
        var clock = new SkippingClock();
        var apple = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions { TimeProvider = clock, PageSize = PageSize },
            cancellationToken
        );
        var scene = new RequestScene(apple, clock);
        fill(scene.location);
        await scene.ImportAsync(cancellationToken);
        return scene;
    }

    /// <summary>Makes a change, delivers its notifications over the given time and processes all due reads.</summary>
    /// <param name="isMixed">Whether the notifications arrive in random order.</param>
    public async Task<(int Notifications, IReadOnlyList<RequestRecord> Requests)> MeasureAsync(
        Func<SimulatedLocation, Task> change,
        TimeSpan over,
        bool isMixed,
        CancellationToken cancellationToken
    )
    {
        // Long enough after the previous reads.
        clock.Advance(TimeSpan.FromHours(1));
        apple.Requests.Clear();
        await change(location);
        await apple.WaitUntilDeliveredAsync(cancellationToken);
        var deliveries = apple.Notifications.Skip(delivered).ToList();
        delivered += deliveries.Count;
        if (isMixed)
        {
            new Random(Seed).Shuffle(CollectionsMarshal.AsSpan(deliveries));
        }

        var start = clock.Milliseconds;
        foreach (var (index, delivery) in deliveries.Index())
        {
            await ReadUntilAsync(start + (long)(over.TotalMilliseconds * index / deliveries.Count));
            await hub.StoreAsync(delivery.Body.ToArray());
            await hub.RouteAsync();
        }

        await ReadUntilAsync(clock.Milliseconds + (long)TimeSpan.FromMinutes(30).TotalMilliseconds);
        return (deliveries.Count, Sent());
    }

    /// <summary>Number of requests that read everything.</summary>
    public int CountEverything()
    {
        var state = location.ExportState();
        int[] counts =
        [
            state.Assets.Count,
            state.Assignments.Count,
            state.Users.Count,
            state.Subscriptions.Count,
            state.SubscriptionAssignments.Count,
        ];
        return counts.Sum(count => Math.Max(1, (count + PageSize - 1) / PageSize));
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await apple.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private async Task ImportAsync(CancellationToken cancellationToken)
    {
        // Without a URL, Apple creates the notifications but sends none; this class delivers them.
        location.Configuration = ClientConfiguration.Empty with
        {
            NotificationTypes = NotificationTypes.All,
        };
        var database = new VirtualDatabase(
            VirtualDatabase.CreateOptions(Path.Combine(folder.FullName, "hub.db")),
            clock
        );
        hub = await VirtualHub.StartAsync(database, apple.BaseUrl, protector, clock);
        await database.WriteAsync(
            transaction =>
                LocationStore.SaveAsync(
                    transaction,
                    new Location
                    {
                        LocationId = VirtualHub.LocationId,
                        UId = location.UId,
                        StateName = LocationState.Valid.ToWireName(),
                        StateSince = DateTimeOffset.UnixEpoch,
                        ReceiveOnly = false,
                        ContentToken = protector.Protect(ContentToken.Parse(location.ContentTokenFile)),
                        CreatedAt = DateTimeOffset.UnixEpoch,
                    }
                ),
            cancellationToken
        );
        var until = clock.Milliseconds + (long)TimeSpan.FromMinutes(10).TotalMilliseconds;
        while (await hub.RunDueWorkAsync() is not { } next || next < until)
        {
            cancellationToken.ThrowIfCancellationRequested();
            clock.Advance(TimeSpan.FromMilliseconds(500));
        }

        ImportRequests = Sent().Count;
    }

    private async Task ReadUntilAsync(long until)
    {
        while (clock.Milliseconds < until)
        {
            if (await hub.RunDueWorkAsync(fullSyncs: false) is { } next)
            {
                clock.Advance(TimeSpan.FromMilliseconds(Math.Max(1, Math.Min(next, until) - clock.Milliseconds)));
            }
        }
    }

    private List<RequestRecord> Sent() => [.. apple.Requests.All.Where(request => request.Path != "/service/config")];
}
