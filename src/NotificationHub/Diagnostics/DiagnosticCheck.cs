using NotificationHub.Storage;

namespace NotificationHub.Diagnostics;

internal abstract class DiagnosticCheck(string name, bool needsDatabase = false)
{
    public string Name => name;

    public bool NeedsDatabase => needsDatabase;

    /// <param name="actor">The person who runs the checks, for the audit log.</param>
    public abstract Task<IReadOnlyList<DiagnosticResult>> CheckAsync(Actor actor, CancellationToken cancellationToken);
}

internal abstract class SingleDiagnosticCheck(string name, bool needsDatabase = false)
    : DiagnosticCheck(name, needsDatabase)
{
    public sealed override async Task<IReadOnlyList<DiagnosticResult>> CheckAsync(
        Actor actor,
        CancellationToken cancellationToken
    ) => [await CheckOneAsync(cancellationToken)];

    protected abstract Task<DiagnosticResult> CheckOneAsync(CancellationToken cancellationToken);
}

internal enum DiagnosticStatus
{
    Ok,
    Failed,

    /// <summary>The check was not possible, or there is nothing to check.</summary>
    NotChecked,
}

/// <param name="Found">What the check found; contains no secret.</param>
/// <param name="Advice">What to do; set with each failure.</param>
/// <param name="Subject">The location, topic or address that was checked, if there are several.</param>
internal sealed record DiagnosticResult(
    DiagnosticStatus Status,
    string Found,
    string? Advice = null,
    string? Subject = null
)
{
    public static DiagnosticResult Ok(string found, string? subject = null) =>
        new(DiagnosticStatus.Ok, found, null, subject);

    public static DiagnosticResult Failed(string found, string advice, string? subject = null) =>
        new(DiagnosticStatus.Failed, found, advice, subject);

    public static DiagnosticResult NotChecked(string why, string? subject = null) =>
        new(DiagnosticStatus.NotChecked, why, null, subject);
}

internal sealed record NamedDiagnosticResult(string Check, DiagnosticResult Result);

/// <summary>Runs the checks in order. Skips those that need the database if the database check fails.</summary>
internal sealed class DiagnosticRunner(IEnumerable<DiagnosticCheck> checks)
{
    public async Task<IReadOnlyList<NamedDiagnosticResult>> RunAsync(Actor actor, CancellationToken cancellationToken)
    {
        List<NamedDiagnosticResult> all = [];
        var databaseWorks = true;
        foreach (var check in checks)
        {
            var results =
                check.NeedsDatabase && !databaseWorks
                    ? [DiagnosticResult.NotChecked("the database cannot be used")]
                    : await CheckAsync(check, actor, cancellationToken);
            databaseWorks &= check is not DatabaseCheck || results.All(result => result.Status == DiagnosticStatus.Ok);
            all.AddRange(results.Select(result => new NamedDiagnosticResult(check.Name, result)));
        }

        return all;
    }

    // A check that throws must not hide the results of the others.
    private static async Task<IReadOnlyList<DiagnosticResult>> CheckAsync(
        DiagnosticCheck check,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await check.CheckAsync(actor, cancellationToken);
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
