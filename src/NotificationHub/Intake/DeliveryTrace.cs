using System.Diagnostics;
using Microsoft.Extensions.Primitives;
using NotificationHub.Telemetry;

namespace NotificationHub.Intake;

/// <summary>The trace of a post is the web server's own activity; the intake makes none.</summary>
internal static class DeliveryTrace
{
    private const int TraceparentLength = 55;

    /// <summary>
    /// The <c>traceparent</c> to keep with the post: the hub's own where the hub is traced, linked to the sender's, which has proved who it
    /// is; the sender's where it is not.
    /// </summary>
    public static string? Of(StringValues header)
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

        if (sent.Text is not null && own.IsAllDataRequested)
        {
            own.AddLink(new ActivityLink(sent.Context));
        }

        return own.Id;
    }

    /// <summary>Says in the trace what became of the post.</summary>
    public static void Note(string locationId, string outcome, long seq)
    {
        if (HubTraces.AreOn && Activity.Current is { IsAllDataRequested: true } own)
        {
            own.SetTag("notificationhub.location", locationId)
                .SetTag("notificationhub.outcome", outcome)
                .SetTag("notificationhub.seq", seq);
        }
    }
}
