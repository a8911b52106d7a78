namespace NotificationHub.Diagnostics;

/// <summary>Has every check look, in their order. What needs the database is left out once that is known to be unsound.</summary>
internal sealed class Examination(IEnumerable<IHubCheck> checks)
{
    public async Task<IReadOnlyList<CheckFinding>> RunAsync(CancellationToken cancellationToken)
    {
        List<CheckFinding> all = [];
        var isSound = true;
        foreach (var check in checks)
        {
            var findings =
                check.NeedsDatabase && !isSound
                    ? [Finding.NotChecked("the database cannot be used")]
                    : await ExamineAsync(check, cancellationToken);
            isSound &= check is not DatabaseCheck || findings.All(finding => finding.Verdict == Verdict.Ok);
            all.AddRange(findings.Select(finding => new CheckFinding(check.Name, finding)));
        }

        return all;
    }

    // A check that breaks is a finding, too, and must not hide those of the others.
    private static async Task<IReadOnlyList<Finding>> ExamineAsync(IHubCheck check, CancellationToken cancellationToken)
    {
        try
        {
            return await check.ExamineAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return
            [
                Finding.Failed(
                    $"the check itself broke off ({exception.GetType().Name})",
                    "Report it, with the hub's version; the other checks hold without it."
                ),
            ];
        }
    }
}
