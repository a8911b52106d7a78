using System.CommandLine;
using NotificationHub.Diagnostics;

namespace NotificationHub.CommandLine;

internal static class DoctorCommand
{
    public static Command Create(CommandRunner runner) =>
        runner.CreateUnopened(
            "doctor",
            "Diagnose common problems and suggest fixes. Exit code 1: a check failed.",
            DiagnoseAsync,
            runner.Json
        );

    private static async Task<int> DiagnoseAsync(CommandContext context)
    {
        var results = await context.Service<DiagnosticRunner>().RunAsync(context.Actor, context.CancellationToken);
        var failed = results.Count(one => one.Result.Status == DiagnosticStatus.Failed);
        context.Output.Write(
            new { Results = results.Select(one => Document(one.Check, one.Result)), Failed = failed },
            console =>
            {
                console.WriteTable(
                    results,
                    ("Check", one => one.Check),
                    ("Status", one => TextOf(one.Result.Status)),
                    ("Found", one => one.Result.Found),
                    ("Subject", one => one.Result.Subject)
                );
                foreach (var (check, result) in results.Where(one => one.Result.Advice is not null))
                {
                    console.WriteUnwrapped(
                        $"{check}{(result.Subject is null ? "" : $" {result.Subject}")}: {result.Advice}"
                    );
                }
            }
        );
        return failed == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static object Document(string check, DiagnosticResult result) =>
        new
        {
            check,
            result.Subject,
            result.Status,
            result.Found,
            result.Advice,
        };

    private static string TextOf(DiagnosticStatus status) =>
        status switch
        {
            DiagnosticStatus.Ok => "ok",
            DiagnosticStatus.Failed => "FAILED",
            _ => "not checked",
        };
}
