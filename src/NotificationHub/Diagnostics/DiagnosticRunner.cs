namespace NotificationHub.Diagnostics;

/// <summary>Has every check look, in their order. What needs the database is left out once that is known to be unsound.</summary>
internal sealed class DiagnosticRunner(IEnumerable<IDiagnosticCheck> checks)
{
    public async Task<IReadOnlyList<NamedDiagnosticResult>> RunAsync(CancellationToken cancellationToken)
    {
        List<NamedDiagnosticResult> all = [];
        var isSound = true;
        foreach (var check in checks)
        {
            var findings =
                check.NeedsDatabase && !isSound
                    ? [DiagnosticResult.NotChecked("the database cannot be used")]
                    : await ExamineAsync(check, cancellationToken);
            isSound &= check is not DatabaseCheck || findings.All(finding => finding.Status == DiagnosticStatus.Ok);
            all.AddRange(findings.Select(finding => new NamedDiagnosticResult(check.Name, finding)));
        }

        return all;
    }

    // A check that breaks is a finding, too, and must not hide those of the others.
    private static async Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(
        IDiagnosticCheck check,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await check.ExamineAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return
            [
                DiagnosticResult.Failed(
                    $"the check itself broke off ({exception.GetType().Name})",
                    "Report it, with the hub's version; the other checks hold without it."
                ),
            ];
        }
    }
}
