using Spectre.Console;
using static NotificationHub.Benchmarks.MarkdownTable;

namespace NotificationHub.Benchmarks.Importing;

internal sealed record ImportResult
{
    public required int Assignments { get; init; }

    /// <summary>Requests per second that a full sync could send; 0 without a limit.</summary>
    public required double Rate { get; init; }

    public required int Requests { get; init; }

    /// <summary>Requests for assignments.</summary>
    public required int Pages { get; init; }

    /// <summary>From the registration to the last imported record.</summary>
    public required TimeSpan Imported { get; init; }

    /// <summary>From the registration to the last published event.</summary>
    public required TimeSpan Published { get; init; }

    /// <summary>CPU time of the hub's process.</summary>
    public required TimeSpan ProcessorTime { get; init; }

    public required double IdleMiB { get; init; }

    public required double PeakMiB { get; init; }

    public required long WalBytes { get; init; }

    /// <summary>After the hub has stopped, so without a write-ahead log.</summary>
    public required long DatabaseBytes { get; init; }

    public required long Differences { get; init; }

    /// <summary>Requests that Apple would have rejected.</summary>
    public required int Violations { get; init; }

    public bool IsExact => Differences == 0 && Violations == 0;
}

internal static class ImportReport
{
    private const double MiB = 1024 * 1024;

    public static void Write(IReadOnlyCollection<ImportResult> results)
    {
        AnsiConsole.WriteLine("Time. The first two columns of seconds follow from the number of requests alone:");
        AnsiConsole.Write(Times(results));
        AnsiConsole.WriteLine("Resources of the hub:");
        AnsiConsole.Write(Resources(results));
        foreach (var result in results.Where(result => !result.IsExact))
        {
            AnsiConsole.MarkupLine(
                $"[red]{result.Differences} differences to Apple's records and {result.Violations} wrong requests at {result.Assignments} assignments.[/]"
            );
        }
    }

    private static Table Times(IReadOnlyCollection<ImportResult> results)
    {
        var table = CreateTable(
            "assignments",
            "requests/s",
            "requests",
            "at Apple's 15/s, s",
            "at this rate, s",
            "imported, s",
            "published, s",
            "hub CPU, s",
            "hub CPU/record, µs"
        );
        foreach (var result in results)
        {
            table.AddRow(
                Number(result.Assignments, "N0"),
                result.Rate > 0 ? Number(result.Rate, "0.#") : "no limit",
                Number(result.Requests, "N0"),
                Number(result.Requests / 15.0, "N0"),
                result.Rate > 0 ? Number(result.Requests / result.Rate, "N0") : "–",
                Number(result.Imported.TotalSeconds, "N1"),
                Number(result.Published.TotalSeconds, "N1"),
                Number(result.ProcessorTime.TotalSeconds, "N1"),
                Number(result.ProcessorTime.TotalMicroseconds / result.Assignments, "N0")
            );
        }

        return table;
    }

    private static Table Resources(IReadOnlyCollection<ImportResult> results)
    {
        var table = CreateTable(
            "assignments",
            "requests/s",
            "idle MiB",
            "peak MiB",
            "database MiB",
            "bytes/record",
            "largest WAL, MiB"
        );
        foreach (var result in results)
        {
            table.AddRow(
                Number(result.Assignments, "N0"),
                result.Rate > 0 ? Number(result.Rate, "0.#") : "no limit",
                Number(result.IdleMiB, "N0"),
                Number(result.PeakMiB, "N0"),
                Number(result.DatabaseBytes / MiB, "N0"),
                Number((double)result.DatabaseBytes / result.Assignments, "N0"),
                Number(result.WalBytes / MiB, "N1")
            );
        }

        return table;
    }
}
