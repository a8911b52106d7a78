using NotificationHub.FullSync;
using Spectre.Console;

namespace NotificationHub.CommandLine;

internal static class ProgressTable
{
    /// <summary>How far the reading of each kind of records is.</summary>
    public static void WriteTo(this LocationProgress progress, IAnsiConsole console)
    {
        var table = new ConsoleTable("Reading", "For", "Is", "Fault", "Pages", "Records", "Drifts", "Next", "Finished");
        foreach (var survey in progress.Surveys)
        {
            table.Row(
                survey.Resource,
                survey.Purpose,
                survey.Phase,
                survey.Fault,
                survey.TotalPages is { } total ? $"{survey.Pages} of {total}" : survey.Pages,
                survey.Records,
                survey.Drifts,
                survey.NextAt,
                survey.FinishedAt
            );
        }

        table.WriteTo(console);
    }
}
