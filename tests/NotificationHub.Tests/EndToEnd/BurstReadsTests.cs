using System.Globalization;
using System.Web;
using NotificationHub.Intake;
using NotificationHub.Routing;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;
using NotificationHub.Tests.Refetch;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>The number of reads that a burst of notifications causes, with real routing and refetch on a manual clock.</summary>
public sealed class BurstReadsTests : RefetchTest
{
    private const int Apps = 25;
    private const int Devices = 1000;

    // Apple returns the assignments of each app in two pages.
    private const int Pages = 2;

    private static readonly NotificationRouter Router = new(NotificationRoutes.All);

    [Theory]
    [InlineData(300, 5)]
    [InlineData(5, 2)]
    public async Task A_burst_causes_few_reads_of_each_app_and_page(int seconds, int reads)
    {
        var notifications = await AssociateAsync();
        var start = Clock.Milliseconds;
        for (var i = 0; i < notifications.Count; i++)
        {
            await ReadUntilAsync(start + (seconds * 1000L * i / notifications.Count));
            await RouteAsync(notifications[i]);
        }

        await DrainAsync();

        var pages = Apple
            .Requests.All.Where(request => request.Path is "/assets" or "/assignments")
            .CountBy(request => (request.Path, PageOf(request.Query)))
            .ToList();
        pages.Count.ShouldBe(Apps + (Apps * Pages), "each app and each page of its assignments is read");
        pages.ShouldAllBe(page => page.Value <= reads, $"at most {pages.Max(page => page.Value)} reads of a page");
        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }

    /// <summary>Associates 25 apps with 1,000 devices.</summary>
    /// <returns>Apple's notifications, in Apple's order.</returns>
    private async Task<IReadOnlyList<DeliveredNotification>> AssociateAsync()
    {
        string[] apps = [.. Enumerable.Range(1, Apps).Select(app => app.ToString(CultureInfo.InvariantCulture))];
        foreach (var app in apps)
        {
            Location.AddAsset(app, total: Devices);
        }

        // Without a notification URL: Apple creates the notifications, and the test delivers them.
        Location.Configuration = ClientConfiguration.Empty with
        {
            NotificationTypes = ["ASSET_MANAGEMENT"],
        };
        await Location.AssociateAsync(apps, [.. Enumerable.Range(0, Devices).Select(device => $"D{device:0000}")]);
        await Apple.WaitUntilDeliveredAsync();
        Apple.Notifications.Count.ShouldBe(Apps * Devices / 100);
        return Apple.Notifications;
    }

    private async Task ReadUntilAsync(long at)
    {
        while (await NextDueAsync() is { } due && due <= at)
        {
            await RunSlotAsync();
        }

        if (Clock.Milliseconds < at)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(at - Clock.Milliseconds));
        }
    }

    private Task<long?> NextDueAsync() =>
        Store.ScalarAsync<long?>("select min(due_at) from refetch_target where requested > fetched");

    private async Task RouteAsync(DeliveredNotification notification)
    {
        var body = notification.Body.ToArray();
        var envelope = EnvelopeReader.Read(body);
        var entry = new NotificationEntry
        {
            Seq = 1,
            LocationId = LocationId,
            NotificationId = notification.NotificationId,
            NotificationType = notification.NotificationType,
            UId = notification.LocationUId,
            Body = body,
            BodySha256 = [],
            ReceivedAt = Clock.GetUtcNow(),
            Disposition = Disposition.Accepted,
            Conflict = false,
        };
        var routed = Router.Route(entry, new RoutedLocation(Location.UId, Refetches: true));
        routed.Targets.ShouldNotBeEmpty(routed.ErrorText);
        await RequestAsync([.. routed.Targets]);
    }

    private static string PageOf(string query)
    {
        var parameters = HttpUtility.ParseQueryString(query);
        return $"{parameters["adamId"]} page {parameters["pageIndex"] ?? "0"}";
    }
}
