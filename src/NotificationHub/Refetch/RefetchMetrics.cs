using System.Diagnostics.Metrics;
using NotificationHub.Apple;
using NotificationHub.Telemetry;

namespace NotificationHub.Refetch;

/// <summary>What the reading costs and how it goes.</summary>
internal sealed class RefetchMetrics(IMeterFactory meters)
{
    private readonly Counter<long> requests = meters
        .CreateHubMeter()
        .CreateCounter<long>(
            "notificationhub.refetch.requests",
            "{request}",
            "Pages read from Apple, by what was read."
        );

    private readonly Counter<long> coalesced = meters
        .CreateHubMeter()
        .CreateCounter<long>(
            "notificationhub.refetch.coalesced",
            "{request}",
            "Requests for a read that another one was the answer to as well."
        );

    private readonly Counter<long> errors = meters
        .CreateHubMeter()
        .CreateCounter<long>("notificationhub.refetch.errors", "{error}", "Reads that failed, by the kind of error.");

    private readonly Gauge<long> pending = meters
        .CreateHubMeter()
        .CreateGauge<long>(
            "notificationhub.refetch.pending",
            "{target}",
            "Targets that wait to be read, counted every ten seconds and to 100,000 at most."
        );

    private readonly Counter<long> massRemovals = meters
        .CreateHubMeter()
        .CreateCounter<long>(
            "notificationhub.refetch.mass_removals",
            "{read}",
            "Reads that lacked more than Refetch:MaxRemovalShare of the known records, by outcome: doubted, or believed after a second read."
        );

    public void CountMassRemoval(bool isBelieved) =>
        massRemovals.Add(1, new KeyValuePair<string, object?>("outcome", isBelieved ? "believed" : "doubted"));

    public void CountRequest(string kind) => requests.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void CountCoalesced(long requests) => coalesced.Add(requests);

    public void CountError(AppleErrorKind kind) =>
        errors.Add(1, new KeyValuePair<string, object?>("kind", kind.ToString()));

    public void SetPending(long targets) => pending.Record(targets);
}
