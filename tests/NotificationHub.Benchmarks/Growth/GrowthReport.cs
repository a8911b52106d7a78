using System.Text.Json;
using Spectre.Console;
using static NotificationHub.Benchmarks.MarkdownTable;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>Ratios of each size to the first one of the same round, and their medians over the rounds.</summary>
internal sealed class GrowthReport(string engine)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly List<GrowthSample> samples = [];

    public GrowthCost? Cost { get; set; }

    public long Failed => samples.Sum(sample => sample.Failed);

    public void Add(GrowthSample sample) => samples.Add(sample);

    public void Write(bool json)
    {
        if (json)
        {
            var all = new
            {
                engine,
                Cost,
                samples,
            };
            Console.WriteLine(JsonSerializer.Serialize(all, Indented));
            return;
        }

        AnsiConsole.WriteLine($"{engine}, ratios to a log of {samples[0].Size:N0}:");
        AnsiConsole.Write(Ratios());
        AnsiConsole.WriteLine("The same run in absolute figures, which apply to this machine only:");
        AnsiConsole.Write(Figures());
        if (Cost is not null)
        {
            AnsiConsole.WriteLine("Cost of a million notifications with their events:");
            AnsiConsole.Write(Costs(Cost));
        }

        if (Failed > 0)
        {
            AnsiConsole.MarkupLine($"[red]{Failed} deliveries failed, or were duplicates that were stored.[/]");
        }
    }

    private Table Ratios()
    {
        var table = NewTable().AddColumn("relative to no deletions");
        foreach (var size in samples.GroupBy(sample => sample.Size))
        {
            string ToFirst(Func<GrowthSample, double> value) =>
                Ratio(Median(size.Select(sample => value(sample) / value(FirstOf(sample.Round)))));

            table.AddRow([
                .. Row(size, ToFirst, ToFirst),
                Ratio(Median(size.Select(sample => sample.KeptRateWhileRemoving))),
            ]);
        }

        return table;
    }

    private Table Figures()
    {
        var table = NewTable();
        foreach (var size in samples.GroupBy(sample => sample.Size))
        {
            table.AddRow(
                Row(
                    size,
                    rate => Number(Median(size.Select(rate)), "N0") + "/s",
                    processor => Number(Median(size.Select(processor)), "N0") + " µs"
                )
            );
        }

        return table;
    }

    private static Table NewTable() =>
        CreateTable(
            "log size",
            "new deliveries",
            "CPU per new delivery",
            "repeats",
            "CPU per duplicate",
            "deleted without load",
            "CPU per deletion",
            "deleted under load",
            "new deliveries meanwhile"
        );

    private static string[] Row(
        IGrouping<long, GrowthSample> size,
        Func<Func<GrowthSample, double>, string> rate,
        Func<Func<GrowthSample, double>, string> processor
    ) =>
        [
            Number(size.Key, "N0"),
            rate(sample => sample.New.PerSecond),
            processor(sample => sample.New.ProcessorMicrosecondsPerDelivery),
            rate(sample => sample.Duplicates.PerSecond),
            processor(sample => sample.Duplicates.ProcessorMicrosecondsPerDelivery),
            rate(sample => sample.RemovedPerSecondAlone),
            processor(sample => sample.ProcessorMicrosecondsPerRemoved),
            rate(sample => sample.RemovedPerSecondUnderLoad),
            rate(sample => sample.NewWhileRemoving.PerSecond),
        ];

    private static Table Costs(GrowthCost cost)
    {
        var millions = cost.Notifications / 1_000_000.0;
        var table = CreateTable("item", "per million");
        foreach (var stored in cost.Stored)
        {
            table.AddRow(stored.What, Number(stored.Bytes / millions / 1024 / 1024, "N0") + " MiB");
        }

        table.AddRow("all", Number(cost.Stored.Sum(stored => stored.Bytes) / millions / 1024 / 1024, "N0") + " MiB");
        table.AddRow("routing, with publishing", Number(cost.SecondsToRoute / millions, "N0") + " s");
        table.AddRow("routing and publishing", Number(cost.SecondsToPublish / millions, "N0") + " s");
        table.AddRow("processor time for both", Number(cost.ProcessorTime.TotalSeconds / millions, "N0") + " s");
        return table;
    }

    private GrowthSample FirstOf(int round) => samples.First(sample => sample.Round == round);
}
