using System.Diagnostics.Metrics;
using NotificationHub.Apple;
using NotificationHub.Telemetry;

namespace NotificationHub.Refetch;

internal sealed class RefetchMetrics(IMeterFactory meters)
{
    private readonly Counter<long> requests = meters.CreateCounter(
        "notificationhub.refetch.requests",
        "{request}",
        "Pages read from Apple, by kind of record."
    );

    private readonly Counter<long> coalesced = meters.CreateCounter(
        "notificationhub.refetch.coalesced",
        "{request}",
        "Refetch requests merged into another read."
    );

    private readonly Counter<long> errors = meters.CreateCounter(
        "notificationhub.refetch.errors",
        "{error}",
        "Failed reads, by kind of error."
    );

    private readonly Gauge<long> pending = meters.CreateGauge<long>(
        "notificationhub.refetch.pending",
        "{target}",
        "Pending refetch targets, counted up to 100,000."
    );

    private readonly Counter<long> massRemovals = meters.CreateCounter(
        "notificationhub.refetch.mass_removals",
        "{read}",
        "Reads that lacked more than Refetch:MaxRemovalShare of the known records, by outcome."
    );

    public void CountMassRemoval(bool isConfirmed) =>
        massRemovals.Add(1, new KeyValuePair<string, object?>("outcome", isConfirmed ? "confirmed" : "doubted"));

    public void CountRequest(string kind) => requests.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void CountCoalesced(long requests) => coalesced.Add(requests);

    public void CountError(AppleErrorKind kind) =>
        errors.Add(1, new KeyValuePair<string, object?>("kind", kind.ToString()));

    public void SetPending(long targets) => pending.Record(targets);
}
