using NotificationHub.Storage;
using NotificationHub.Storage.Maintenance;

namespace NotificationHub.Locations;

/// <summary>Constants, except in tests and in a drill on virtual time.</summary>
internal sealed record ReplicaTimings
{
    /// <summary>A replica that has not updated its row for this long counts as stopped.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a registration waits until every running replica accepts the new secret.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(15);
}

// Apple sends a test notification while Client Config is set, so every replica that may receive it must accept the new secret before.
/// <summary>Waits until every running replica has loaded a change of locations or secrets.</summary>
internal sealed class ReplicaBarrier(Database database, ReplicaTimings timings, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    public async Task<bool> IsAnyLiveAsync(CancellationToken cancellationToken) =>
        (await ReadLiveAsync(cancellationToken)).Count > 0;

    public async Task EnsureLiveAsync(CancellationToken cancellationToken)
    {
        if (!await IsAnyLiveAsync(cancellationToken))
        {
            throw new LocationException(
                LocationErrorCode.NoLiveReplica,
                "No hub is running on this database, and one must answer Apple's test notification. Nothing was changed at Apple. "
                    + "To continue, start the hub, then run this command again."
            );
        }
    }

    public async Task WaitAsync(long version, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        while (true)
        {
            var live = await ReadLiveAsync(cancellationToken);
            var behind = live.Where(replica => replica.Version < version).Select(replica => replica.Id).ToArray();
            if (live.Count > 0 && behind.Length == 0)
            {
                return;
            }

            if (time.GetElapsedTime(startedAt) >= timings.MaxWait)
            {
                throw new LocationException(
                    LocationErrorCode.ReplicaBehind,
                    live.Count == 0
                        ? "The hub has stopped. Nothing was changed at Apple. Start it, then run this command again."
                        : $"These replicas did not accept the new secret within {timings.MaxWait.TotalSeconds:0} seconds: {string.Join(", ", behind)}. "
                            + "Nothing was changed at Apple. Check their logs, then run this command again."
                );
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<(string Id, long Version)>> ReadLiveAsync(CancellationToken cancellationToken)
    {
        var now = await database.ScalarAsync<DateTimeOffset>(database.Sql("Now"), null, cancellationToken);
        return await database.QueryAsync<(string, long)>(
            "select replica_id, locations_version from replica where seen_at > @since and seen_at <= @until order by replica_id",
            new { since = now - timings.Timeout, until = now + RunningHubs.Future },
            cancellationToken
        );
    }
}
