using System.Diagnostics.Metrics;
using NotificationHub.Telemetry;

namespace NotificationHub.OperationTracking;

internal sealed class OperationMetrics(IMeterFactory meters)
{
    private readonly Counter<long> transitions = meters.CreateCounter(
        "notificationhub.operations.transitions",
        "{operation}",
        "Operation state transitions, by new state."
    );

    private readonly Counter<long> polls = meters.CreateCounter(
        "notificationhub.operations.polls",
        "{request}",
        "Event Status requests."
    );

    public void CountTransition(string state) => transitions.Add(1, new KeyValuePair<string, object?>("state", state));

    public void CountPoll() => polls.Add(1);
}
