using Dapper;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Storage.Maintenance;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>The shards of locations that this replica reads: its share among the live replicas, each under a lease.</summary>
internal sealed class RefetchShards(Database database, LeaseKeeper leases, TimeSpan replicaTimeout, TimeProvider time)
{
    private static readonly TimeSpan BalanceInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, Lease> held = [];

    // Shards to release: no slot begins in them, because a shard is released only while none is running.
    private readonly HashSet<int> leaving = [];
    private long? balancedAt;

    public IReadOnlySet<int> Held => held.Keys.Except(leaving).ToHashSet();

    public Lease GetLease(int shard) => held[shard];

    /// <summary>Acquires free shards up to the share, or releases surplus shards after other replicas have started.</summary>
    public async Task BalanceAsync(IReadOnlySet<int> busy, CancellationToken cancellationToken)
    {
        ForgetLost();
        if (balancedAt is { } last && time.GetElapsedTime(last) < BalanceInterval)
        {
            return;
        }

        balancedAt = time.GetTimestamp();
        var surplus = held.Count - await ReadShareAsync(cancellationToken);
        SelectLeaving(busy, surplus);
        await ReleaseIdleAsync(busy, cancellationToken);
        if (surplus < 0)
        {
            await AcquireFreeAsync(-surplus, cancellationToken);
        }
    }

    /// <summary>Releases all leases, so that other replicas need not wait until they expire.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        Lease[] all = [.. held.Values];
        held.Clear();
        leaving.Clear();
        await leases.ReleaseAsync(all, cancellationToken);
    }

    public static IReadOnlyList<string> LeaseNames { get; } =
    [.. Enumerable.Range(0, RefetchTargets.Shards).Select(GetLeaseName)];

    public static string GetLeaseName(int shard) => $"refetch-{shard:00}";

    private void ForgetLost()
    {
        foreach (var (shard, _) in held.Where(pair => pair.Value.Lost.IsCancellationRequested).ToList())
        {
            held.Remove(shard);
            leaving.Remove(shard);
        }
    }

    private async Task<int> ReadShareAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var now = await connection.ExecuteScalarAsync<DateTimeOffset>(database.Sql("Now"));
        var others = await connection.ExecuteScalarAsync<int>(
            "select count(*) from replica where seen_at > @since and seen_at <= @until and replica_id <> @Owner",
            new
            {
                since = now - replicaTimeout,
                until = now + RunningHubs.Future,
                leases.Owner,
            }
        );
        return (RefetchTargets.Shards + others) / (others + 1);
    }

    // Shards without a running slot first.
    private void SelectLeaving(IReadOnlySet<int> busy, int surplus)
    {
        leaving.Clear();
        leaving.UnionWith(held.Keys.OrderBy(busy.Contains).ThenBy(shard => shard).Take(surplus));
    }

    private async Task ReleaseIdleAsync(IReadOnlySet<int> busy, CancellationToken cancellationToken)
    {
        var idle = leaving.Where(shard => !busy.Contains(shard)).ToDictionary(shard => shard, GetLease);
        foreach (var (shard, _) in idle)
        {
            held.Remove(shard);
            leaving.Remove(shard);
        }

        if (idle.Count > 0)
        {
            await leases.ReleaseAsync(idle.Values, cancellationToken);
        }
    }

    private async Task AcquireFreeAsync(int count, CancellationToken cancellationToken)
    {
        var missing = Enumerable
            .Range(0, RefetchTargets.Shards)
            .Where(shard => !held.ContainsKey(shard))
            .ToDictionary(GetLeaseName, StringComparer.Ordinal);
        // If the shards do not divide evenly, one replica is always short of some: look for free ones before a write.
        // Find more than needed, because another replica may acquire some first.
        var free = await leases.FindFreeAsync(missing.Keys, cancellationToken);
        if (free.Count == 0)
        {
            return;
        }

        foreach (var lease in await leases.TryAcquireAsync(free, count, cancellationToken))
        {
            held[missing[lease.Name]] = lease;
        }
    }
}
