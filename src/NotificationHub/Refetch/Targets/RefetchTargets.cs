using System.Text.Json;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <param name="Holder">For assignments: <c>serial:S</c> or <c>user:U</c>; null for all holders.</param>
/// <param name="Expects">One of the <see cref="TargetExpectations"/>, if the notification implies one.</param>
internal sealed record MergedRequest(
    string LocationId,
    RecordKind Kind,
    string Key,
    string? Holder = null,
    string? CorrelationId = null,
    string? Traceparent = null,
    string? Expects = null
);

/// <summary>Requests reads. A request for a pending target only increases its requested generation.</summary>
internal sealed class RefetchTargets(RefetchTiming timing)
{
    /// <summary>With more named holders, a target covers the whole asset.</summary>
    // A notification lists at most 100, but the holders of several notifications add up. Below this limit the plan
    // decides, because it knows how many holders the asset has.
    public const int MaxHolders = 500;

    public const int Shards = 64;

    public static int GetShard(string locationId)
    {
        // FNV-1a: the same on every replica and in every version, unlike string.GetHashCode.
        var hash = locationId.Aggregate(2166136261u, (hash, letter) => (hash ^ letter) * 16777619u);
        return (int)(hash % Shards);
    }

    public async Task RequestAsync(
        WriteTransaction transaction,
        IReadOnlyCollection<MergedRequest> requests,
        DateTimeOffset now
    )
    {
        if (requests.Count == 0)
        {
            return;
        }

        var requested = requests.GroupBy(TargetKey.From).ToList();
        var known = await FindAsync(transaction, requested.Select(target => target.Key));
        var rows = requested.ConvertAll(target => CreateRow([.. target], known.GetValueOrDefault(target.Key), now));
        await transaction.InsertRowsAsync("SaveTargets", rows);
        transaction.OnCommit(transaction.Signals.TargetsRequested);
    }

    private static async Task<Dictionary<TargetKey, StoredTarget>> FindAsync(
        WriteTransaction transaction,
        IEnumerable<TargetKey> keys
    )
    {
        var found = await transaction.QueryNamedAsync<StoredTarget>(
            "FindTargets",
            ("Keys", JsonSerializer.Serialize(keys.Select(key => new[] { key.LocationId, key.KindName, key.Key })))
        );
        return found.ToDictionary(target => new TargetKey(target.LocationId, target.KindName, target.Key));
    }

    private object?[] CreateRow(MergedRequest[] requests, StoredTarget? known, DateTimeOffset now)
    {
        var request = requests[^1];
        var next = timing.Request(known, now);
        return
        [
            request.LocationId,
            request.Kind.Name,
            request.Key,
            TargetHolders.Merge(known is { IsPending: true } ? known.Holders : TargetHolders.None, requests),
            next.FirstRequestedAt,
            now,
            next.DueAt,
            next.MaxWait,
            request.CorrelationId,
            request.Traceparent,
            TargetExpectations.Merge(known is { IsPending: true } ? known.Expects : null, requests),
        ];
    }
}

internal readonly record struct TargetKey(string LocationId, string KindName, string Key)
{
    public static TargetKey From(MergedRequest request) => new(request.LocationId, request.Kind.Name, request.Key);
}

/// <summary>Computes when a target is due: after a quiet period, and at the latest after a maximum wait.</summary>
// While a target stays busy, its maximum wait triples with each read, and its quiet period is half of it. So a burst of
// five minutes costs an early read, one after the last request, and few between, however the requests are spaced.
internal sealed record RefetchTiming(TimeSpan QuietPeriod, TimeSpan InitialMaxWait, TimeSpan LongestMaxWait)
{
    public TimeSpan StaleReadDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A target is busy for this many maximum waits after its last read, but at least for the longest.</summary>
    private const int BusyWaits = 4;

    private const int Growth = 3;

    public (DateTimeOffset FirstRequestedAt, TimeSpan MaxWait, DateTimeOffset DueAt) Request(
        StoredTarget? known,
        DateTimeOffset now
    )
    {
        if (known is { IsDelayed: true })
        {
            // The cause of the failure may be gone. The waits restart and grow, so that a read that Apple keeps
            // rejecting is not repeated for each notification.
            var longer = Longer(known.MaxWait);
            return (now, longer, StoredTime.Earlier(known.DueAt, Due(now, longer, now)));
        }

        if (known is { IsPending: true })
        {
            // A time in the future was written while a clock was ahead, and would extend the maximum wait.
            var first = StoredTime.Earlier(known.FirstRequestedAt, now);
            return (first, known.MaxWait, Due(first, known.MaxWait, now));
        }

        var maxWait =
            known is { ReadAt: { } readAt }
            && readAt <= now
            && (now - readAt <= BusyWaits * known.MaxWait || now - readAt <= LongestMaxWait)
                ? Longer(known.MaxWait)
                : InitialMaxWait;
        return (now, maxWait, Due(now, maxWait, now));
    }

    /// <summary>When a target is due that was requested again during its read.</summary>
    public (TimeSpan MaxWait, DateTimeOffset DueAt) RequestDuringRead(TimeSpan maxWait, DateTimeOffset now)
    {
        var longer = Longer(maxWait);
        return (longer, Due(now, longer, now));
    }

    /// <summary>Whether a target with this maximum wait was read shortly before its request.</summary>
    public bool IsBusy(TimeSpan maxWait) => maxWait > InitialMaxWait;

    /// <summary>The requests that count as a burst, and how long which targets wait for its end.</summary>
    public (DateTimeOffset RequestedAfter, DateTimeOffset Until, TimeSpan MaxWait) InBurst(DateTimeOffset now) =>
        (now - QuietPeriod, now + QuietPeriod, InitialMaxWait);

    private TimeSpan Longer(TimeSpan maxWait) => maxWait * Growth < LongestMaxWait ? maxWait * Growth : LongestMaxWait;

    private DateTimeOffset Due(DateTimeOffset firstRequestedAt, TimeSpan maxWait, DateTimeOffset now)
    {
        var quiet = IsBusy(maxWait) ? maxWait / 2 : QuietPeriod;
        return StoredTime.Earlier(now + quiet, firstRequestedAt + maxWait);
    }
}
