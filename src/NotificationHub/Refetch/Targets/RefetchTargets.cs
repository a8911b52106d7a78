using System.Text.Json;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <param name="Key">The key of the record; for assignments, of the asset or subscription.</param>
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

        // Two statements for all targets, because a statement costs the writer more than its rows.
        var requested = requests.GroupBy(TargetKey.From).ToList();
        var known = await FindAsync(transaction, requested.Select(target => target.Key));
        var rows = requested.ConvertAll(target => CreateRow([.. target], known.GetValueOrDefault(target.Key), now));
        await transaction.ExecuteAsync(transaction.Sql("SaveTargets"), new { Rows = StoredTime.SerializeRows(rows) });
        transaction.OnCommit(transaction.Signals.TargetsRequested);
    }

    private static async Task<Dictionary<TargetKey, StoredTarget>> FindAsync(
        WriteTransaction transaction,
        IEnumerable<TargetKey> keys
    )
    {
        var found = await transaction.QueryAsync<StoredTarget>(
            transaction.Sql("FindTargets"),
            new { Keys = JsonSerializer.Serialize(keys.Select(key => new[] { key.LocationId, key.KindName, key.Key })) }
        );
        return found.ToDictionary(target => new TargetKey(target.LocationId, target.KindName, target.Key));
    }

    private object CreateRow(MergedRequest[] requests, StoredTarget? known, DateTimeOffset now)
    {
        var request = requests[^1];
        var next = timing.Request(known, now);
        return new
        {
            request.LocationId,
            KindName = request.Kind.Name,
            request.Key,
            request.CorrelationId,
            request.Traceparent,
            Holders = TargetHolders.Merge(known is { IsPending: true } ? known.Holders : TargetHolders.None, requests),
            Expects = TargetExpectations.Merge(known is { IsPending: true } ? known.Expects : null, requests),
            next.FirstRequestedAt,
            next.DueAt,
            next.MaxWait,
            Now = now,
        };
    }
}

internal readonly record struct TargetKey(string LocationId, string KindName, string Key)
{
    public static TargetKey From(MergedRequest request) => new(request.LocationId, request.Kind.Name, request.Key);
}

internal sealed record StoredTarget
{
    public string LocationId { get; init; } = "";

    public string KindName { get; init; } = "";

    public string Key { get; init; } = "";

    public long Requested { get; init; }

    public long Fetched { get; init; }

    public string? Holders { get; init; }

    public string? Expects { get; init; }

    public DateTimeOffset FirstRequestedAt { get; init; }

    public TimeSpan MaxWait { get; init; }

    public DateTimeOffset DueAt { get; init; }

    public DateTimeOffset? ReadAt { get; init; }

    public bool IsPending => Requested > Fetched;

    /// <summary>Whether the target waits for a retry that is later than a request would make it due.</summary>
    public bool IsDelayed => IsPending && DueAt > FirstRequestedAt + MaxWait;
}
