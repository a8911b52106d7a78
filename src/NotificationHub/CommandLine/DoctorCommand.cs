using System.CommandLine;
using NotificationHub.Diagnostics;

namespace NotificationHub.CommandLine;

internal static class DoctorCommand
{
    public static Command Create(CommandRunner runner)
    {
        var doctor = new Command(
            "doctor",
            "Look for what goes wrong in practice, and say what to do. Ends with 1 where something is wrong."
        )
        {
            CommandRunner.Json,
        };
        doctor.SetAction(
            (arguments, cancellationToken) => runner.RunUnopenedAsync(arguments, ExamineAsync, cancellationToken)
        );
        return doctor;
    }

    private static async Task<int> ExamineAsync(CommandContext context)
    {
        var findings = await context.Service<DiagnosticRunner>().RunAsync(context.CancellationToken);
        DiagnosticResultDocument[] documents = [.. findings.Select(DiagnosticResultDocument.Of)];
        var failed = documents.Count(document => document.Status == DiagnosticStatus.Failed);
        context.Output.Write(
            new { Findings = documents, Failed = failed },
            console =>
            {
                var table = new ConsoleTable("Check", "Verdict", "Found", "Which");
                foreach (var one in documents)
                {
                    table.Row(one.Check, ToWireName(one.Status), one.Found, one.Subject);
                }

                table.WriteTo(console);
                foreach (var one in documents.Where(document => document.Advice is not null))
                {
                    console.WriteUnwrapped(
                        $"{one.Check}{(one.Subject is null ? "" : $" {one.Subject}")}: {one.Advice}"
                    );
                }
            }
        );
        return failed == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static string ToWireName(DiagnosticStatus verdict) =>
        verdict switch
        {
            DiagnosticStatus.Ok => "ok",
            DiagnosticStatus.Failed => "FAILED",
            _ => "not checked",
        };

    /// <summary>A finding as the command prints it.</summary>
    private sealed record DiagnosticResultDocument(
        string Check,
        string? Subject,
        DiagnosticStatus Status,
        string Found,
        string? Advice
    )
    {
        public static DiagnosticResultDocument Of(NamedDiagnosticResult one) =>
            new(
                one.Check,
                one.DiagnosticResult.Subject,
                one.DiagnosticResult.Status,
                one.DiagnosticResult.Found,
                one.DiagnosticResult.Advice
            );
    }
}
