using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Primitives;
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

// The web server's activity is the trace of a delivery; the intake creates none of its own.
internal static class DeliveryTrace
{
    private const int TraceparentLength = 55;

    public static string? GetTraceparent(StringValues header)
    {
        var sent =
            header is [{ Length: TraceparentLength } value]
            && ActivityContext.TryParse(value, null, isRemote: true, out var context)
                ? (Text: value, Context: context)
                : default;
        if (!HubTraces.AreOn || Activity.Current is not { } own)
        {
            return sent.Text ?? Activity.Current?.Id;
        }

        // The sender is authenticated by now, so a link to its trace is safe; its sampling decision is not adopted.
        if (sent.Text is not null && own.IsAllDataRequested)
        {
            own.AddLink(new ActivityLink(sent.Context));
        }

        return own.Id;
    }

    public static void SetOutcome(string locationId, string outcome, long seq)
    {
        if (HubTraces.AreOn && Activity.Current is { IsAllDataRequested: true } own)
        {
            own.SetTag("notificationhub.location", locationId)
                .SetTag("notificationhub.outcome", outcome)
                .SetTag("notificationhub.seq", seq);
        }
    }
}
