using System.Globalization;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Simulator.Requests;

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
            var span = TimeSpan.FromSeconds(seconds);
            await using var scene = await RequestScene.StartAsync(TypicalLocation.FillForBurst, cancellationToken);
            var (posts, requests) = await scene.MeasureAsync(
                TypicalLocation.BurstAsync,
                span,
                isMixed,
                cancellationToken
            );
            var counts = PerApp(requests, "/assets");
            var assignments = PerApp(requests, "/assignments");
            var everything = posts * scene.CountEverything();
            await output.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {seconds} s{(isMixed ? ", in no order" : ", app by app")} | {posts} | {requests.Count} | {counts} | {assignments} | {everything} |"
                )
            );
        }
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
