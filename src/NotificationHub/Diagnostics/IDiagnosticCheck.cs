namespace NotificationHub.Diagnostics;

/// <summary>A check for a common problem.</summary>
internal interface IDiagnosticCheck
{
    string Name { get; }

    bool NeedsDatabase { get; }

    Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(CancellationToken cancellationToken);
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
