using System.Diagnostics;
using Microsoft.Extensions.Primitives;
using NotificationHub.Telemetry;

namespace NotificationHub.Intake;

// The web server's activity is the trace of a delivery; the intake creates none of its own.
internal static class DeliveryTrace
{
    private const int TraceparentLength = 55;

    /// <summary>Returns the <c>traceparent</c> to store with the notification.</summary>
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
