using NotificationHub.FullSync;
using Spectre.Console;

namespace NotificationHub.CommandLine;

internal static class ProgressTable
{
    /// <summary>How far the reading of each kind of records is.</summary>
    public static void WriteTo(this LocationProgress progress, IAnsiConsole console)
    {
        var table = new ConsoleTable("Reading", "For", "Is", "Fault", "Pages", "Records", "Drifts", "Next", "Finished");
        foreach (var fullSync in progress.FullSyncs)
        {
            table.Row(
                fullSync.Resource,
                fullSync.Purpose,
                fullSync.Phase,
                fullSync.Fault,
                fullSync.TotalPages is { } total ? $"{fullSync.Pages} of {total}" : fullSync.Pages,
                fullSync.Records,
                fullSync.Drifts,
                fullSync.NextAt,
                fullSync.FinishedAt
            );
        }

        table.WriteTo(console);
    }
}
