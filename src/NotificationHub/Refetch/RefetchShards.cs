using System.Globalization;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch;

/// <summary>The shards of locations that this replica reads for, each under a lease of its own.</summary>
internal sealed class RefetchShards(LeaseKeeper leases, TimeProvider time)
{
    private readonly Dictionary<int, Lease> held = [];
    private long? triedAt;

    public IReadOnlyCollection<int> Held => held.Keys;

    public Lease LeaseOf(int shard) => held[shard];

    /// <summary>Takes whatever shard is free, in one transaction; leases are renewed and lost by the keeper.</summary>
    public async Task TakeFreeAsync(CancellationToken cancellationToken)
    {
        foreach (var (shard, _) in held.Where(pair => pair.Value.Lost.IsCancellationRequested).ToList())
        {
            held.Remove(shard);
        }

        if (
            held.Count == RefetchTargets.Shards
            || (triedAt is { } last && time.GetElapsedTime(last) < leases.Duration / 3)
        )
        {
            return;
        }

        triedAt = time.GetTimestamp();
        var missing = Enumerable
            .Range(0, RefetchTargets.Shards)
            .Where(shard => !held.ContainsKey(shard))
            .ToDictionary(NameOf, StringComparer.Ordinal);
        foreach (var lease in await leases.TryAcquireAsync(missing.Keys, cancellationToken))
        {
            held[missing[lease.Name]] = lease;
        }
    }

    /// <summary>Gives all back, so that other replicas need not wait until they run out.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        foreach (var lease in held.Values)
        {
            await leases.ReleaseAsync(lease, cancellationToken);
        }

        held.Clear();
    }

    public static string NameOf(int shard) => string.Create(CultureInfo.InvariantCulture, $"refetch-{shard:00}");
}
