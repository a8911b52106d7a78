using System.Globalization;
using System.Web;
using NotificationHub.Intake;
using NotificationHub.Routing;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;
using NotificationHub.Tests.Refetch;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>What Apple's burst costs in reads: its notifications, real routing and real reading, on a clock of their own.</summary>
public sealed class BurstReadsTests : RefetchTest
{
    private const int Apps = 25;
    private const int Devices = 1000;

    // Two pages of Apple's for each app.
    private const int Pages = 2;

    private static readonly NotificationRouter Router = new(NotificationRoutes.All);

    [Theory]
    [InlineData(300, 5)]
    [InlineData(5, 2)]
    public async Task A_burst_costs_few_reads_of_each_app_and_page(int seconds, int reads)
    {
        var posts = await AssociateAsync();
        var start = Clock.Milliseconds;
        for (var i = 0; i < posts.Count; i++)
        {
            await ReadUntilAsync(start + (seconds * 1000L * i / posts.Count));
            await RouteAsync(posts[i]);
        }

        await DrainAsync();

        var pages = Apple
            .Requests.All.Where(request => request.Path is "/assets" or "/assignments")
            .CountBy(request => (request.Path, PageOf(request.Query)))
            .ToList();
        pages.Count.ShouldBe(Apps + (Apps * Pages), "every app, and every page of its assignments");
        pages.ShouldAllBe(page => page.Value <= reads, $"at most {pages.Max(page => page.Value)} reads of a page");
        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }

    /// <summary>The posts that Apple makes of 25 apps for 1,000 devices, in its order.</summary>
    private async Task<IReadOnlyList<DeliveredNotification>> AssociateAsync()
    {
        string[] apps = [.. Enumerable.Range(1, Apps).Select(app => app.ToString(CultureInfo.InvariantCulture))];
        foreach (var app in apps)
        {
            Location.AddAsset(app, total: Devices);
        }

        // Nobody is there to post to: Apple makes its notifications, and the test brings them.
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

    private async Task RouteAsync(DeliveredNotification post)
    {
        var body = post.Body.ToArray();
        var envelope = EnvelopeReader.Read(body);
        var entry = new NotificationEntry
        {
            Seq = 1,
            LocationId = LocationId,
            NotificationId = post.NotificationId,
            NotificationType = post.NotificationType,
            UId = post.LocationUId,
            Body = body,
            BodySha256 = [],
            ReceivedAt = Clock.Milliseconds,
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
