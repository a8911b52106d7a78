namespace NotificationHub.Diagnostics;

/// <summary>One of the things that go wrong in practice, looked at from the outside. It changes nothing but what a look must leave behind.</summary>
internal interface IHubCheck
{
    /// <summary>What is looked at, in a word or two.</summary>
    string Name { get; }

    /// <summary>Whether it can only be looked at while the database is sound.</summary>
    bool NeedsDatabase { get; }

    Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellationToken);
}

internal enum Verdict
{
    Ok,
    Failed,

    /// <summary>It could not be judged, or there is nothing to judge; what was found says why.</summary>
    NotChecked,
}

/// <summary>What a check has found.</summary>
/// <param name="Verdict">How it is.</param>
/// <param name="Found">What was seen, for people. No secret.</param>
/// <param name="Advice">What to do; given with each failure.</param>
/// <param name="Subject">Which one, where there are several: a location, a topic, an address.</param>
internal sealed record Finding(Verdict Verdict, string Found, string? Advice = null, string? Subject = null)
{
    public static Finding Ok(string found, string? subject = null) => new(Verdict.Ok, found, null, subject);

    public static Finding Failed(string found, string advice, string? subject = null) =>
        new(Verdict.Failed, found, advice, subject);

    public static Finding NotChecked(string why, string? subject = null) => new(Verdict.NotChecked, why, null, subject);
}

/// <summary>A finding, and the check that it is of.</summary>
internal sealed record CheckFinding(string Check, Finding Finding);
