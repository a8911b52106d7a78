using System.Diagnostics.Metrics;
using NotificationHub.Apple;

namespace NotificationHub.Refetch;

/// <summary>What the reading costs and how it goes.</summary>
internal static class RefetchMetrics
{
    private static readonly Meter Meter = new("NotificationHub");

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "notificationhub.refetch.requests",
        "{request}",
        "Pages read from Apple, by what was read."
    );

    private static readonly Counter<long> Coalesced = Meter.CreateCounter<long>(
        "notificationhub.refetch.coalesced",
        "{request}",
        "Requests for a read that another one was the answer to as well."
    );

    private static readonly Counter<long> Errors = Meter.CreateCounter<long>(
        "notificationhub.refetch.errors",
        "{error}",
        "Reads that failed, by the kind of error."
    );

    private static readonly Gauge<long> Pending = Meter.CreateGauge<long>(
        "notificationhub.refetch.pending",
        "{target}",
        "Targets that wait to be read, counted every ten seconds and to 100,000 at most."
    );

    private static readonly Counter<long> MassRemovals = Meter.CreateCounter<long>(
        "notificationhub.refetch.mass_removals",
        "{read}",
        "Reads that lacked more than Refetch:MaxRemovalShare of the known records, by outcome: doubted, or believed after a second read."
    );

    public static void CountMassRemoval(bool isBelieved) =>
        MassRemovals.Add(1, new KeyValuePair<string, object?>("outcome", isBelieved ? "believed" : "doubted"));

    public static void CountRequest(string kind) => Requests.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public static void CountCoalesced(long requests) => Coalesced.Add(requests);

    public static void CountError(AppleErrorKind kind) =>
        Errors.Add(1, new KeyValuePair<string, object?>("kind", kind.ToString()));

    public static void SetPending(long targets) => Pending.Record(targets);
}
