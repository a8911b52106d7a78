using Microsoft.Extensions.Options;
using NotificationHub.Locations;
using NotificationHub.Refetch;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>What was ordered.</summary>
/// <param name="RequestedAt">Unix milliseconds: a full sync that ends from then on is it, one that was under way counting.</param>
internal sealed record RequestedReconciliations(string LocationId, IReadOnlyList<string> Resources, long RequestedAt);

/// <summary>Has the running hub reconcile a location now, for whoever does not want to wait for the schedule.</summary>
internal sealed class ReconcileRequest(
    Database database,
    ReplicaBarrier replicas,
    IOptions<RefetchOptions> options,
    TimeProvider time
)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>After so long without a page somebody who waits is told why, as far as it is known.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    /// <exception cref="LocationException">It would not be done: nothing was ordered.</exception>
    public async Task<RequestedReconciliations> OrderAsync(
        string locationId,
        IReadOnlyCollection<RecordKind> kinds,
        CancellationToken cancellationToken
    )
    {
        await EnsureHubAsync(cancellationToken);
        await using (var connection = await database.OpenReaderAsync(cancellationToken))
        {
            Ensure(await LocationStore.FindAsync(connection, locationId), locationId);
        }

        var order = new RequestedReconciliations(locationId, [.. kinds.Select(kind => kind.Name)], Now);
        await database.WriteAsync(transaction => RequestAsync(transaction, order), cancellationToken);
        database.Signals.TargetsRequested.Raise();
        return order;
    }

    /// <summary>Returns once it is done; it goes on if this is cancelled.</summary>
    /// <exception cref="LocationException">It does not go on at present, or not at all any more.</exception>
    public async Task<IReadOnlyList<FullSyncProgress>> WaitAsync(
        RequestedReconciliations order,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<FullSyncState> last = [];
        var movedAt = time.GetTimestamp();
        while (true)
        {
            var (location, fullSyncs) = await ReadAsync(order, cancellationToken);
            if (fullSyncs.Count == order.Resources.Count && fullSyncs.All(fullSync => IsOver(fullSync, order)))
            {
                return [.. fullSyncs.Select(FullSyncProgress.Of)];
            }

            Ensure(location, order.LocationId);
            if (!fullSyncs.SequenceEqual(last))
            {
                (last, movedAt) = (fullSyncs, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(movedAt) >= LongestSilence)
            {
                throw Silent(order, fullSyncs);
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private static bool IsOver(FullSyncState fullSync, RequestedReconciliations order) =>
        fullSync.FinishedAt >= order.RequestedAt || fullSync.RefusedAt >= order.RequestedAt;

    private static async Task RequestAsync(WriteTransaction transaction, RequestedReconciliations order)
    {
        var asked = await FullSyncStore.RequestAsync(transaction, order.LocationId, order.Resources, order.RequestedAt);
        if (asked < order.Resources.Count)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"Location {order.LocationId} is not imported yet: its records are being read for the first time. "
                    + $"`locations show {order.LocationId}` shows how far that is. Nothing was ordered."
            );
        }
    }

    private async Task EnsureHubAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.FullSyncs)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                "Refetch:FullSyncs is false: the hub compares nothing. Set it to true, or use --dry-run."
            );
        }

        if (!await replicas.IsAnyLiveAsync(cancellationToken))
        {
            throw new LocationException(
                LocationErrorCode.NoLiveReplica,
                "No running hub is seen on this database, and it is the hub that reads and repairs: start it, or use --dry-run."
            );
        }
    }

    private void Ensure(Location? location, string locationId)
    {
        if (location is null)
        {
            throw LocationException.NotFound(locationId);
        }

        if (location.ContentToken is null || !LocationStates.MayCallApple(location.State))
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"Apple is not called for location {locationId}: it is {(location.ReceiveOnly ? "receive-only" : location.StateName)}."
            );
        }

        if (location.PausedUntil > Now + (long)LongestSilence.TotalMilliseconds)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"Apple is not called for location {locationId} before {DateTimeOffset.FromUnixTimeMilliseconds(location.PausedUntil.Value):u}, as it has asked for, "
                    + "or after errors; until then nothing is compared."
            );
        }
    }

    private async Task<(Location? Location, IReadOnlyList<FullSyncState> FullSyncs)> ReadAsync(
        RequestedReconciliations order,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var fullSyncs = await FullSyncStore.ReadAsync(connection, order.LocationId);
        return (
            await LocationStore.FindAsync(connection, order.LocationId),
            [.. fullSyncs.Where(fullSync => order.Resources.Contains(fullSync.Resource))]
        );
    }

    private static LocationException Silent(RequestedReconciliations order, IReadOnlyList<FullSyncState> fullSyncs)
    {
        var current = fullSyncs.FirstOrDefault(fullSync => fullSync.LastError is not null);
        var reason = current is null
            ? "the hub may be at work on what notifications ask for, or run with Refetch:FullSyncs=false."
            : $"the last read of {current.Resource} ended with {current.LastError}.";
        return new LocationException(
            LocationErrorCode.Refused,
            $"Nothing was read for a minute: {reason} What was ordered is done when it can be; "
                + $"`locations show {order.LocationId}` shows how far it is."
        );
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}
