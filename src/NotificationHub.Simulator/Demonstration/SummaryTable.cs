using System.Globalization;
using Spectre.Console;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>The result for a person.</summary>
internal static class SummaryTable
{
    public static void Write(Summary summary)
    {
        AnsiConsole.WriteLine();
        AnsiConsole.Write(Figures(summary));
        AnsiConsole.Write(Topics(summary));
        foreach (var violation in summary.Violations)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{violation}[/]");
        }

        var colour = summary.IsGood ? "green" : "red";
        AnsiConsole.MarkupLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"[bold {colour}]lost: {summary.Lost}, doubled: {summary.Doubled}[/]{(summary.LeftOver == 0 ? "" : $", left over: {summary.LeftOver}")}"
            )
        );
    }

    private static Table Figures(Summary summary)
    {
        var table = new Table().AddColumns(
            new TableColumn(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{summary.Devices} devices x {summary.Apps} apps, {summary.Seconds} s"
                )
            ),
            new TableColumn("").RightAligned()
        );
        Row(table, "posts sent by Apple", summary.PostsSent);
        Row(table, "posts answered 2xx", summary.PostsAnswered);
        Row(table, "notifications stored", summary.PostsStored);
        Row(table, "duplicates recognised", summary.Duplicates);
        Row(table, "hints of what to read again", summary.RefetchHints);
        Row(table, "refetch targets they came to", summary.RefetchTargets);
        Row(table, "requests made to Apple", summary.AppleRequests);
        Row(table, "lag post to bus, p50 ms", summary.LagP50Milliseconds);
        Row(table, "lag post to bus, p99 ms", summary.LagP99Milliseconds);
        return table;
    }

    private static Table Topics(Summary summary)
    {
        var table = new Table().AddColumns(
            new TableColumn("topic"),
            new TableColumn("appended").RightAligned(),
            new TableColumn("published").RightAligned(),
            new TableColumn("received by its subscriptions")
        );
        foreach (var topic in summary.Topics)
        {
            table.AddRow(
                topic.Name,
                Number(topic.Appended),
                Number(topic.Published),
                string.Join(
                    ", ",
                    topic.Subscriptions.Select(subscription => $"{subscription.Name} {Number(subscription.Received)}")
                )
            );
        }

        return table;
    }

    private static void Row(Table table, string name, double value) => table.AddRow(name, Number(value));

    private static string Number(double value) => value.ToString("#,0.#", CultureInfo.InvariantCulture);
}
