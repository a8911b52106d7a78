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
        var findings = await context.Service<Examination>().RunAsync(context.CancellationToken);
        FindingDocument[] documents = [.. findings.Select(FindingDocument.Of)];
        var failed = documents.Count(document => document.Verdict == Verdict.Failed);
        context.Output.Write(
            new { Findings = documents, Failed = failed },
            console =>
            {
                var table = new ConsoleTable("Check", "Verdict", "Found", "Which");
                foreach (var one in documents)
                {
                    table.Row(one.Check, Word(one.Verdict), one.Found, one.Subject);
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

    private static string Word(Verdict verdict) =>
        verdict switch
        {
            Verdict.Ok => "ok",
            Verdict.Failed => "FAILED",
            _ => "not checked",
        };

    /// <summary>A finding as the command prints it.</summary>
    private sealed record FindingDocument(string Check, string? Subject, Verdict Verdict, string Found, string? Advice)
    {
        public static FindingDocument Of(CheckFinding one) =>
            new(one.Check, one.Finding.Subject, one.Finding.Verdict, one.Finding.Found, one.Finding.Advice);
    }
}
