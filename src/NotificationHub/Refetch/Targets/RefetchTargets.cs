using System.Text.Json;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <summary>Asks for one thing to be read from Apple again.</summary>
/// <param name="LocationId">Whose it is.</param>
/// <param name="Key">The key of the record; for assignments, of the asset or subscription.</param>
/// <param name="Holder">For assignments: <c>serial:S</c> or <c>user:U</c>; null for all holders.</param>
/// <param name="CorrelationId">Apple's <c>eventId</c>, where a notification asked.</param>
/// <param name="Traceparent">The trace of what asked.</param>
/// <param name="Expects">What the notification says is true now, in the words of <see cref="TargetExpectations"/>; null: nothing that a read could contradict.</param>
internal sealed record MergedRequest(
    string LocationId,
    RecordKind Kind,
    string Key,
    string? Holder = null,
    string? CorrelationId = null,
    string? Traceparent = null,
    string? Expects = null
);

/// <summary>Asks for reads. Asking again for a target that still waits only raises its requested generation.</summary>
internal sealed class RefetchTargets(RefetchTiming timing)
{
    /// <summary>
    /// With more holders than this, a target covers the whole asset. A notification lists at most 100, but the holders of several notifications
    /// add up. Below this limit the plan decides, because it knows how many holders the asset has.
    /// </summary>
    public const int MaxHolders = 500;

    /// <summary>How many shards the locations are spread over; a location's reads run in one place.</summary>
    public const int Shards = 64;

    public static int ShardOf(string locationId)
    {
        // FNV-1a: the same on every replica and in every version, unlike string.GetHashCode.
        var hash = locationId.Aggregate(2166136261u, (hash, letter) => (hash ^ letter) * 16777619u);
        return (int)(hash % Shards);
    }

    public async Task RequestAsync(WriteTransaction transaction, IReadOnlyCollection<MergedRequest> requests, long now)
    {
        if (requests.Count == 0)
        {
            return;
        }

        // Two statements, however many targets there are: each costs more than its rows, and the lane waits for them.
        var asked = requests.GroupBy(TargetKey.Of).ToList();
        var known = await FindAsync(transaction, asked.Select(target => target.Key));
        var rows = asked.ConvertAll(target => Row([.. target], known.GetValueOrDefault(target.Key), now));
        await transaction.ExecuteAsync(transaction.Sql("SaveTargets"), new { Rows = JsonSerializer.Serialize(rows) });
        transaction.OnCommit(transaction.Signals.TargetsRequested);
    }

    private static async Task<Dictionary<TargetKey, WaitingTarget>> FindAsync(
        WriteTransaction transaction,
        IEnumerable<TargetKey> keys
    )
    {
        var found = await transaction.QueryAsync<WaitingTarget>(
            transaction.Sql("FindTargets"),
            new { Keys = JsonSerializer.Serialize(keys.Select(key => new[] { key.LocationId, key.KindName, key.Key })) }
        );
        return found.ToDictionary(target => new TargetKey(target.LocationId, target.KindName, target.Key));
    }

    private TargetRow Row(MergedRequest[] requests, WaitingTarget? known, long now)
    {
        var request = requests[^1];
        var next = timing.Request(known, now);
        return new TargetRow
        {
            LocationId = request.LocationId,
            KindName = request.Kind.Name,
            Key = request.Key,
            CorrelationId = request.CorrelationId,
            Traceparent = request.Traceparent,
            Holders = TargetHolders.Merge(known is { IsWaiting: true } ? known.Holders : TargetHolders.None, requests),
            Expects = TargetExpectations.Merge(known is { IsWaiting: true } ? known.Expects : null, requests),
            FirstRequestedAt = next.FirstRequestedAt,
            DueAt = next.DueAt,
            MaxWait = next.MaxWait,
            Now = now,
        };
    }
}

/// <summary>What tells targets apart.</summary>
internal readonly record struct TargetKey(string LocationId, string KindName, string Key)
{
    public static TargetKey Of(MergedRequest request) => new(request.LocationId, request.Kind.Name, request.Key);
}

/// <summary>A target as it is written.</summary>
internal sealed record TargetRow
{
    public required string LocationId { get; init; }

    public required string KindName { get; init; }

    public required string Key { get; init; }

    public required string? CorrelationId { get; init; }

    public required string? Traceparent { get; init; }

    public required string? Holders { get; init; }

    public required string? Expects { get; init; }

    public required long FirstRequestedAt { get; init; }

    public required long DueAt { get; init; }

    public required long MaxWait { get; init; }

    public required long Now { get; init; }
}

/// <summary>A target as it stands when it is asked for again.</summary>
internal sealed record WaitingTarget
{
    public string LocationId { get; init; } = "";

    public string KindName { get; init; } = "";

    public string Key { get; init; } = "";

    public long Requested { get; init; }

    public long Fetched { get; init; }

    public string? Holders { get; init; }

    public string? Expects { get; init; }

    public long FirstRequestedAt { get; init; }

    public long MaxWait { get; init; }

    public long DueAt { get; init; }

    public long? ReadAt { get; init; }

    public bool IsWaiting => Requested > Fetched;

    /// <summary>Whether a failed read delayed the target for longer than any request does.</summary>
    public bool IsPutOff => IsWaiting && DueAt > FirstRequestedAt + MaxWait;
}
