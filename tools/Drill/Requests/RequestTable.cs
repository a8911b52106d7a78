using System.Globalization;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Drill.Requests;

/// <summary>What Apple's burst costs.</summary>
/// <param name="Counts">Reads of the counts of the app that was read most often.</param>
/// <param name="Pages">Pages of the assignments of the app that was read most often.</param>
/// <param name="Everything">The requests of reading everything again with each post.</param>
internal sealed record BurstCost(int Posts, int Requests, int Counts, int Pages, int Everything);

/// <summary>Prints what typical changes cost in requests to Apple beside reading everything again, and what Apple's burst does: both as Markdown.</summary>
internal static class RequestTable
{
    public static async Task<int> PrintAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await PrintChangesAsync(output, cancellationToken);
        await output.WriteLineAsync();
        await PrintBurstAsync(output, cancellationToken);
        return 0;
    }

    private static async Task PrintChangesAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await using var scene = await RequestScene.StartAsync(TypicalLocation.Fill, cancellationToken);
        var everything = scene.ImportRequests;
        await output.WriteLineAsync("| change | notifications | requests | everything again |");
        await output.WriteLineAsync("| --- | --: | --: | --: |");
        foreach (var (change, make) in TypicalLocation.Changes)
        {
            var (notifications, requests) = await scene.MeasureAsync(
                make,
                TimeSpan.Zero,
                isMixed: false,
                cancellationToken
            );
            await output.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {change} | {notifications} | {requests.Count} | {everything} |"
                )
            );
        }
    }

    private static async Task PrintBurstAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync(
            "| burst of 25 apps for 1,000 devices, spread over | posts | requests | reads of an app's counts | reads of an app's assignments, pages | everything again with each post |"
        );
        await output.WriteLineAsync("| --- | --: | --: | --: | --: | --: |");
        foreach (var (seconds, isMixed) in new[] { (5, false), (5, true), (300, false), (300, true) })
        {
            var cost = await MeasureBurstAsync(TimeSpan.FromSeconds(seconds), isMixed, cancellationToken);
            await output.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {seconds} s{(isMixed ? ", in no order" : ", app by app")} | {cost.Posts} | {cost.Requests} | {cost.Counts} | {cost.Pages} | {cost.Everything} |"
                )
            );
        }
    }

    /// <summary>Apple's burst, its posts spread over that time.</summary>
    public static async Task<BurstCost> MeasureBurstAsync(
        TimeSpan over,
        bool isMixed,
        CancellationToken cancellationToken
    )
    {
        await using var scene = await RequestScene.StartAsync(TypicalLocation.FillForBurst, cancellationToken);
        var (posts, requests) = await scene.MeasureAsync(TypicalLocation.BurstAsync, over, isMixed, cancellationToken);
        return new BurstCost(
            posts,
            requests.Count,
            PerApp(requests, "/assets"),
            PerApp(requests, "/assignments"),
            posts * scene.CountEverything()
        );
    }

    /// <summary>How often each app was read, at most: a read of all of them is one of each.</summary>
    private static int PerApp(IReadOnlyList<RequestRecord> requests, string path)
    {
        var reads = requests.Where(request => request.Path == path).ToList();
        var together = reads.Where(request => !request.Query.Contains("adamId", StringComparison.Ordinal)).ToList();
        var alone = reads
            .Except(together)
            .CountBy(request => System.Web.HttpUtility.ParseQueryString(request.Query)["adamId"]!)
            .Select(app => app.Value)
            .DefaultIfEmpty()
            .Max();
        // Of all pages those that hold an app's records.
        var walks = together.Count(request => !request.Query.Contains("pageIndex", StringComparison.Ordinal));
        return alone + (walks * (path == "/assignments" ? TypicalLocation.PagesPerApp : 1));
    }
}
