using System.Diagnostics.Metrics;
using NotificationHub.Telemetry;

namespace NotificationHub.Intake;

internal sealed class IntakeMetrics(IMeterFactory meters)
{
    private readonly Counter<long> deliveries = meters.CreateCounter(
        "notificationhub.intake.deliveries",
        "{delivery}",
        "Deliveries received, by outcome."
    );

    public void Count(string outcome) => deliveries.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}

/// <summary>The values of the metric's <c>outcome</c>.</summary>
internal static class IntakeOutcome
{
    public const string Stored = "stored";
    public const string Conflict = "stored-as-conflict";
    public const string Duplicate = "duplicate";
    public const string Quarantined = "quarantined";
    public const string Rejected = "rejected";
    public const string AfterRemoval = "after-removal";
    public const string Unauthorized = "unauthorized";
    public const string TooLarge = "too-large";
    public const string TimedOut = "timed-out";
    public const string Malformed = "malformed";
    public const string UnknownCoding = "unknown-coding";
    public const string RateLimited = "rate-limited";
    public const string Overloaded = "overloaded";
    public const string Unavailable = "unavailable";
}
