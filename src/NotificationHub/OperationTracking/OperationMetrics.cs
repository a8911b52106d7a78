using System.Diagnostics.Metrics;

namespace NotificationHub.OperationTracking;

/// <summary>How the MDM's operations go, and what it costs to know.</summary>
internal static class OperationMetrics
{
    private static readonly Meter Meter = new("NotificationHub");

    private static readonly Counter<long> Told = Meter.CreateCounter<long>(
        "notificationhub.operations.transitions",
        "{operation}",
        "Operations that came into a state, by the state."
    );

    private static readonly Counter<long> Questions = Meter.CreateCounter<long>(
        "notificationhub.operations.polls",
        "{request}",
        "Event Status requests."
    );

    public static void CountTold(string state) => Told.Add(1, new KeyValuePair<string, object?>("state", state));

    public static void CountQuestion() => Questions.Add(1);
}
