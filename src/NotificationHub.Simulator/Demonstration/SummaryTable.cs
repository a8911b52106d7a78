using System.Globalization;
using NotificationHub.Refetch;
using Spectre.Console;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>The result for a person.</summary>
internal static class SummaryTable
{
    public static void Write(IAnsiConsole console, Summary summary)
    {
        console.WriteLine();
        console.Write(Figures(summary));
        console.Write(Topics(summary));
        console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"The hub might ask Apple {summary.RequestsPerSecond} times a second (it is shipped with {new RefetchOptions().RequestsPerSecond}), for no MDM shares the location."
        );
        foreach (var violation in summary.Violations)
        {
            console.MarkupLineInterpolated($"[red]{violation}[/]");
        }

        console.MarkupLine($"[bold {(summary.IsGood ? "green" : "red")}]{summary.Verdict}[/]");
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
        Row(table, "posts that Apple set out to make", summary.PostsIntended);
        Row(table, "posts sent, attempts repeated included", summary.PostsSent);
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
