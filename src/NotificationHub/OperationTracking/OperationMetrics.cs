using System.Diagnostics.Metrics;
using NotificationHub.Telemetry;

namespace NotificationHub.OperationTracking;

/// <summary>How the MDM's operations go, and what it costs to know.</summary>
internal sealed class OperationMetrics(IMeterFactory meters)
{
    private readonly Counter<long> told = meters
        .CreateHubMeter()
        .CreateCounter<long>(
            "notificationhub.operations.transitions",
            "{operation}",
            "Operations that came into a state, by the state."
        );

    private readonly Counter<long> questions = meters
        .CreateHubMeter()
        .CreateCounter<long>("notificationhub.operations.polls", "{request}", "Event Status requests.");

    public void CountTold(string state) => told.Add(1, new KeyValuePair<string, object?>("state", state));

    public void CountQuestion() => questions.Add(1);
}
