namespace NotificationHub.Diagnostics;

/// <summary>Runs the checks in order. Skips those that need the database if the database check fails.</summary>
internal sealed class DiagnosticRunner(IEnumerable<IDiagnosticCheck> checks)
{
    public async Task<IReadOnlyList<NamedDiagnosticResult>> RunAsync(CancellationToken cancellationToken)
    {
        List<NamedDiagnosticResult> all = [];
        var databaseWorks = true;
        foreach (var check in checks)
        {
            var results =
                check.NeedsDatabase && !databaseWorks
                    ? [DiagnosticResult.NotChecked("the database cannot be used")]
                    : await ExamineAsync(check, cancellationToken);
            databaseWorks &= check is not DatabaseCheck || results.All(result => result.Status == DiagnosticStatus.Ok);
            all.AddRange(results.Select(result => new NamedDiagnosticResult(check.Name, result)));
        }

        return all;
    }

    // A check that throws must not hide the results of the others.
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
                    $"the check itself failed ({exception.GetType().Name})",
                    "Report it with the hub's version. The other checks are not affected."
                ),
            ];
        }
    }
}
