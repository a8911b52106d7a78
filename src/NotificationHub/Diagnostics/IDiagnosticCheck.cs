namespace NotificationHub.Diagnostics;

/// <summary>One of the things that go wrong in practice, looked at from the outside. It changes nothing but what a look must leave behind.</summary>
internal interface IDiagnosticCheck
{
    /// <summary>What is looked at, in a word or two.</summary>
    string Name { get; }

    /// <summary>Whether it can only be looked at while the database is sound.</summary>
    bool NeedsDatabase { get; }

    Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(CancellationToken cancellationToken);
}

internal enum DiagnosticStatus
{
    Ok,
    Failed,

    /// <summary>It could not be judged, or there is nothing to judge; what was found says why.</summary>
    NotChecked,
}

/// <summary>What a check has found.</summary>
/// <param name="Status">How it is.</param>
/// <param name="Found">What was seen, for people. No secret.</param>
/// <param name="Advice">What to do; given with each failure.</param>
/// <param name="Subject">Which one, where there are several: a location, a topic, an address.</param>
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

/// <summary>A finding, and the check that it is of.</summary>
internal sealed record NamedDiagnosticResult(string Check, DiagnosticResult DiagnosticResult);
