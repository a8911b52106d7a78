using Dapper;
using NotificationHub.Storage;
using NotificationHub.Storage.Maintenance;

namespace NotificationHub.Locations;

/// <summary>Fixed in a hub that runs on the machine's clock; a drill on virtual time and tests use others.</summary>
internal sealed record ReplicaTimings
{
    /// <summary>A replica that has not updated its row for this long counts as stopped.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a registration waits until every running replica accepts the new secret.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>
/// Waits for the running hubs. Apple posts a test notification while it is being configured, so every hub that the post may reach
/// must accept the new secret before.
/// </summary>
internal sealed class ReplicaBarrier(Database database, ReplicaTimings timings, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    public async Task<bool> IsAnyLiveAsync(CancellationToken cancellationToken) =>
        (await ReadLiveAsync(cancellationToken)).Count > 0;

    /// <exception cref="LocationException">No hub is running.</exception>
    public async Task EnsureLiveAsync(CancellationToken cancellationToken)
    {
        if (!await IsAnyLiveAsync(cancellationToken))
        {
            throw new LocationException(
                LocationErrorCode.NoLiveReplica,
                "No running hub is seen on this database. Apple posts a test notification during the registration and the hub has to "
                    + "answer it: start the hub, then run this command again. Nothing was changed at Apple."
            );
        }
    }

    /// <summary>Returns once every running hub has taken in the change.</summary>
    /// <exception cref="LocationException">One has not in time, or none is running any more.</exception>
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
                        ? "The hub has stopped meanwhile. Start it, then run this command again. Nothing was changed at Apple."
                        : $"These running hubs do not accept the new secret yet: {string.Join(", ", behind)}. Nothing was changed at Apple."
                );
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<(string Id, long Version)>> ReadLiveAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var now = await connection.ExecuteScalarAsync<long>(database.Sql("Now"));
        var live = await connection.QueryAsync<(string, long)>(
            "select replica_id, locations_version from replica where seen_at > @since and seen_at <= @until order by replica_id",
            new { since = now - (long)timings.Timeout.TotalMilliseconds, until = now + RunningHubs.FutureMilliseconds }
        );
        return live.AsList();
    }
}
