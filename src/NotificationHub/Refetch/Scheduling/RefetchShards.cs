using System.Globalization;
using Dapper;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Storage.Maintenance;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>
/// The shards of locations that this replica reads for, each under a lease of its own: of all shards no more than its share among the
/// replicas that are alive.
/// </summary>
/// <param name="database">Where the replicas say that they are alive.</param>
/// <param name="leases">Renews what is held, and notices what is lost.</param>
/// <param name="replicaTimeout">How long a replica may be silent before it counts as stopped.</param>
/// <param name="time">The clock of the pauses between looks.</param>
internal sealed class RefetchShards(Database database, LeaseKeeper leases, TimeSpan replicaTimeout, TimeProvider time)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, Lease> held = [];

    // A shard whose turns follow upon each other would never be between two of them: it gets no more.
    private readonly HashSet<int> leaving = [];
    private long? lookedAt;

    /// <summary>Those for which turns may begin.</summary>
    public IReadOnlySet<int> Held => held.Keys.Except(leaving).ToHashSet();

    public Lease LeaseOf(int shard) => held[shard];

    /// <summary>Takes what is free up to the share, or gives up what is beyond it because others have come.</summary>
    /// <param name="busy">The shards with a turn under way, which they may end.</param>
    public async Task BalanceAsync(IReadOnlySet<int> busy, CancellationToken cancellationToken)
    {
        ForgetLost();
        if (lookedAt is { } last && time.GetElapsedTime(last) < LookInterval)
        {
            return;
        }

        lookedAt = time.GetTimestamp();
        var surplus = held.Count - await ReadShareAsync(cancellationToken);
        Settle(busy, surplus);
        await GiveUpAsync(busy, cancellationToken);
        if (surplus < 0)
        {
            await TakeFreeAsync(-surplus, cancellationToken);
        }
    }

    /// <summary>Gives all back, so that other replicas need not wait until they run out.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        Lease[] all = [.. held.Values];
        held.Clear();
        leaving.Clear();
        await leases.ReleaseAsync(all, cancellationToken);
    }

    public static string NameOf(int shard) => string.Create(CultureInfo.InvariantCulture, $"refetch-{shard:00}");

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
        var now = await connection.ExecuteScalarAsync<long>(database.Sql("Now"));
        var others = await connection.ExecuteScalarAsync<int>(
            "select count(*) from replica where seen_at > @since and seen_at <= @until and replica_id <> @Owner",
            new
            {
                since = now - (long)replicaTimeout.TotalMilliseconds,
                until = now + RunningHubs.FutureMilliseconds,
                leases.Owner,
            }
        );
        return (RefetchTargets.Shards + others) / (others + 1);
    }

    /// <summary>Says which shards are to go: those between two turns first.</summary>
    private void Settle(IReadOnlySet<int> busy, int surplus)
    {
        leaving.Clear();
        leaving.UnionWith(held.Keys.OrderBy(busy.Contains).ThenBy(shard => shard).Take(surplus));
    }

    private async Task GiveUpAsync(IReadOnlySet<int> busy, CancellationToken cancellationToken)
    {
        var idle = leaving.Where(shard => !busy.Contains(shard)).ToDictionary(shard => shard, LeaseOf);
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

    private async Task TakeFreeAsync(int most, CancellationToken cancellationToken)
    {
        var missing = Enumerable
            .Range(0, RefetchTargets.Shards)
            .Where(shard => !held.ContainsKey(shard))
            .ToDictionary(NameOf, StringComparer.Ordinal);
        // Where the shards do not divide evenly one replica is always short of some: the write lane is not asked for that.
        // More than are wanted: another one may look at the same moment, and be first.
        var free = await leases.FindFreeAsync(missing.Keys, cancellationToken);
        if (free.Count == 0)
        {
            return;
        }

        foreach (var lease in await leases.TryAcquireAsync(free, most, cancellationToken))
        {
            held[missing[lease.Name]] = lease;
        }
    }
}
