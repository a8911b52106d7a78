using System.Globalization;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Drill.Requests;

/// <summary>The cost of Apple's burst.</summary>
/// <param name="Counts">Reads of the counts of the app that was read most often.</param>
/// <param name="Pages">Pages of assignments of the app that was read most often.</param>
/// <param name="Everything">Requests if each delivery caused a read of everything.</param>
internal sealed record BurstCost(int Deliveries, int Requests, int Counts, int Pages, int Everything);

/// <summary>Prints two Markdown tables: the requests for typical changes, and the requests for a burst.</summary>
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
        await output.WriteLineAsync("| change | notifications | requests | reading everything |");
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
            "| burst spread over | requests | reads of an app's counts | pages of an app's assignments |"
        );
        await output.WriteLineAsync("| --- | --: | --: | --: |");
        var everything = "";
        foreach (var (seconds, isMixed) in new[] { (5, false), (5, true), (300, false), (300, true) })
        {
            var cost = await MeasureBurstAsync(TimeSpan.FromSeconds(seconds), isMixed, cancellationToken);
            var order = isMixed ? "in random order" : "app by app";
            await output.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {seconds} s, {order} | {cost.Requests} | {cost.Counts} | {cost.Pages} |"
                )
            );
            everything = string.Create(
                CultureInfo.InvariantCulture,
                $"Reading everything with each of the {cost.Deliveries} deliveries would take {cost.Everything} requests."
            );
        }

        await output.WriteLineAsync();
        await output.WriteLineAsync(everything);
    }

    public static async Task<BurstCost> MeasureBurstAsync(
        TimeSpan over,
        bool isMixed,
        CancellationToken cancellationToken
    )
    {
        await using var scene = await RequestScene.StartAsync(TypicalLocation.FillForBurst, cancellationToken);
        var (deliveries, requests) = await scene.MeasureAsync(
            TypicalLocation.BurstAsync,
            over,
            isMixed,
            cancellationToken
        );
        return new BurstCost(
            deliveries,
            requests.Count,
            PerApp(requests, "/assets"),
            PerApp(requests, "/assignments"),
            deliveries * scene.CountEverything()
        );
    }

    // How often the most frequently read app was read. A read of all apps counts once for each app.
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
        // Of all pages, count those with the app's records.
        var fullReads = together.Count(request => !request.Query.Contains("pageIndex", StringComparison.Ordinal));
        return alone + (fullReads * (path == "/assignments" ? TypicalLocation.PagesPerApp : 1));
    }
}
