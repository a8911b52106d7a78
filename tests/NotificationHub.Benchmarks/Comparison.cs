using System.Globalization;
using NotificationHub.Benchmarks.Load;
using NotificationHub.Benchmarks.Servers;

namespace NotificationHub.Benchmarks;

/// <summary>Measures the servers round after round, so that a slowing machine affects all of them.</summary>
internal sealed class Comparison(BenchmarkOptions options)
{
    public const string GroupCommit = "group-commit";
    public const string Transaction = "transaction";
    public const string Hub = "hub";
    public const string Nothing = "nothing";

    public const string Token = "benchmark-secret";

    private readonly Numbers numbers = new();
    private readonly string folder = Directory.CreateTempSubdirectory("notificationhub-benchmark-").FullName;
    private int files;

    public async Task<Report> RunAsync()
    {
        var report = new Report();
        try
        {
            foreach (var connections in options.Connections)
            {
                for (var round = 1; round <= options.Rounds; round++)
                {
                    await Console.Error.WriteLineAsync($"{connections} connections, round {round} of {options.Rounds}");
                    await MeasureRoundAsync(report, connections);
                }
            }

            if (options.Pace > 0)
            {
                await Console.Error.WriteLineAsync($"a constant {options.Pace} deliveries/s");
                await MeasureHubAsync(report, options.Connections.Max(), options.Pace);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return report;
    }

    private async Task MeasureRoundAsync(Report report, int connections)
    {
        foreach (var server in options.Servers)
        {
            if (server == Hub)
            {
                await MeasureHubAsync(report, connections, pace: null);
            }
            else
            {
                report.Add(server, connections, await MeasureBareAsync(connections, server, NewFile()));
            }
        }
    }

    private async Task<LoadResult> MeasureBareAsync(int connections, params string[] server)
    {
        using var process = await ServerProcess.StartAsync(server);
        var load = new LoadRun(new Uri(process.FirstLine + "/deliveries"), Token, numbers.Next, options.Assignments);
        await load.RunAsync(connections, options.WarmUpSeconds);
        return await MeasureAsync(load, process, connections, pace: null);
    }

    private async Task MeasureHubAsync(Report report, int connections, double? pace)
    {
        var store = StoreSettings.File(NewFile());
        using var bus = await ServerProcess.StartAsync("bus");
        using var hub = await ServerProcess.StartHubAsync(store, bus.FirstLine);
        var load = new LoadRun(new Uri(hub.FirstLine + HubServer.Path), Token, numbers.Next, options.Assignments);
        await load.RunAsync(connections, options.WarmUpSeconds, pace);
        await bus.AskAsync("start");
        var result = await MeasureAsync(load, hub, connections, pace);
        var behind = await HubProgress.ReadAsync(store);
        var arrived = Parse(await bus.AskAsync("arrived"));
        var drain = await HubProgress.DrainAsync(store);
        report.AddHub(
            new HubResult(
                connections,
                pace,
                result,
                behind.Stored - behind.Routed,
                behind.Events - behind.Published,
                drain,
                arrived.P50,
                arrived.P99,
                arrived.Violations,
                hub.PeakMemoryMiB
            )
        );
    }

    private async Task<LoadResult> MeasureAsync(LoadRun load, ServerProcess server, int connections, double? pace)
    {
        var (allocated, written) = (await server.ReadAllocatedBytesAsync(), server.WrittenBytes);
        var before = server.ProcessorTime;
        var result = await load.RunAsync(connections, options.Seconds, pace);
        return result with
        {
            ServerProcessorTime = server.ProcessorTime - before,
            AllocatedBytes = await server.ReadAllocatedBytesAsync() - allocated,
            WrittenBytes = server.WrittenBytes - written,
        };
    }

    private static (double P50, double P99, long Violations) Parse(string line)
    {
        var parts = line.Split(' ');
        return (
            double.Parse(parts[1], CultureInfo.InvariantCulture),
            double.Parse(parts[2], CultureInfo.InvariantCulture),
            long.Parse(parts[3], CultureInfo.InvariantCulture)
        );
    }

    private string NewFile() => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{++files}.db"));
}

/// <summary>The result of a run against the hub, and the backlog of its later stages.</summary>
internal sealed record HubResult(
    int Connections,
    double? Pace,
    LoadResult Load,
    long BehindRouting,
    long BehindPublishing,
    TimeSpan Drain,
    double LagP50Milliseconds,
    double LagP99Milliseconds,
    long Violations,
    double PeakMemoryMiB
);
