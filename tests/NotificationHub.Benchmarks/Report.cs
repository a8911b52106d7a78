using NotificationHub.Benchmarks.Load;
using Spectre.Console;
using static NotificationHub.Benchmarks.MarkdownTable;

namespace NotificationHub.Benchmarks;

/// <summary>Medians over the rounds, and ratios to the bare endpoint of the same run.</summary>
internal sealed class Report
{
    private readonly List<(string Server, int Connections, LoadResult Result)> results = [];
    private readonly List<HubResult> hubs = [];

    public long Failed => results.Sum(entry => entry.Result.Failed) + hubs.Sum(hub => hub.Violations);

    public void Add(string server, int connections, LoadResult result) => results.Add((server, connections, result));

    public void AddHub(HubResult result)
    {
        hubs.Add(result);
        if (result.Pace is null)
        {
            Add(Comparison.Hub, result.Connections, result.Load);
        }
    }

    public void Write()
    {
        AnsiConsole.Write(Rates());
        AnsiConsole.Write(Drains());
        if (Failed > 0)
        {
            AnsiConsole.MarkupLine($"[red]{Failed} deliveries or messages failed.[/]");
        }
    }

    private Table Rates()
    {
        var table = CreateTable(
            "connections",
            "server",
            "deliveries/s",
            "p50 ms",
            "p99 ms",
            "server CPU µs/delivery",
            "allocated bytes/delivery",
            "written bytes/delivery",
            "rate relative to group commit",
            "p99 relative to group commit"
        );
        foreach (var width in results.GroupBy(entry => entry.Connections))
        {
            var bare = Medians(width.Where(entry => entry.Server == Comparison.GroupCommit));
            foreach (var server in width.GroupBy(entry => entry.Server))
            {
                var (rate, p50, p99, processor, allocated, written) = Medians(server);
                table.AddRow(
                    Number(width.Key, "0"),
                    server.Key,
                    Number(rate, "N0"),
                    Number(p50, "0.00"),
                    Number(p99, "0.00"),
                    Number(processor, "N0"),
                    Number(allocated, "N0"),
                    Number(written, "N0"),
                    Ratio(rate / bare.Rate),
                    Ratio(p99 / bare.P99)
                );
            }
        }

        return table;
    }

    private Table Drains()
    {
        var table = CreateTable(
            "connections",
            "pace",
            "deliveries/s",
            "routing backlog",
            "publishing backlog",
            "drained after, s",
            "latency p50 ms",
            "latency p99 ms",
            "peak MiB"
        );
        foreach (var group in hubs.GroupBy(hub => (hub.Connections, hub.Pace)))
        {
            var runs = group.ToArray();
            table.AddRow(
                Number(group.Key.Connections, "0"),
                group.Key.Pace is { } pace ? Number(pace, "N0") : "full",
                Number(Median(runs.Select(run => run.Load.PerSecond)), "N0"),
                Number(Median(runs.Select(run => (double)run.BehindRouting)), "N0"),
                Number(Median(runs.Select(run => (double)run.BehindPublishing)), "N0"),
                Number(Median(runs.Select(run => run.Drain.TotalSeconds)), "0.0"),
                Number(Median(runs.Select(run => run.LagP50Milliseconds)), "N0"),
                Number(Median(runs.Select(run => run.LagP99Milliseconds)), "N0"),
                Number(runs.Max(run => run.PeakMemoryMiB), "N0")
            );
        }

        return table;
    }

    private static (double Rate, double P50, double P99, double Processor, double Allocated, double Written) Medians(
        IEnumerable<(string, int, LoadResult Result)> runs
    )
    {
        LoadResult[] all = [.. runs.Select(run => run.Result)];
        return (
            Median(all.Select(run => run.PerSecond)),
            Median(all.Select(run => run.P50Milliseconds)),
            Median(all.Select(run => run.P99Milliseconds)),
            Median(all.Select(run => run.ProcessorMicrosecondsPerDelivery)),
            Median(all.Select(run => (double)run.AllocatedBytes / run.Deliveries)),
            Median(all.Select(run => (double)run.WrittenBytes / run.Deliveries))
        );
    }
}
