using System.Diagnostics.Metrics;

namespace NotificationHub.Intake;

/// <summary>What became of the posts, counted.</summary>
internal static class IntakeMetrics
{
    private static readonly Meter Meter = new("NotificationHub");

    private static readonly Counter<long> Posts = Meter.CreateCounter<long>(
        "notificationhub.intake.deliveries",
        "{post}",
        "Posts received, by outcome."
    );

    public static void Count(string outcome) => Posts.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}

/// <summary>The values of the metric's <c>outcome</c>.</summary>
internal static class IntakeOutcome
{
    public const string Stored = "stored";
    public const string Conflict = "stored-as-conflict";
    public const string Duplicate = "duplicate";
    public const string Quarantined = "quarantined";
    public const string Rejected = "rejected";
    public const string Late = "late";
    public const string Refused = "refused";
    public const string TooLarge = "too-large";
    public const string TooSlow = "too-slow";
    public const string Malformed = "malformed";
    public const string UnknownCoding = "unknown-coding";
    public const string TooMany = "too-many";
    public const string OverBudget = "over-budget";
    public const string Unavailable = "unavailable";
}
