using Microsoft.Extensions.Options;
using NotificationHub.Locations;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <param name="RequestedAt">A full sync that ends later satisfies the request, even if it had begun before.</param>
internal sealed record RequestedReconciliations(
    string LocationId,
    IReadOnlyList<string> Kinds,
    DateTimeOffset RequestedAt
);

internal sealed class ReconcileRequest(
    Database database,
    ReplicaBarrier replicas,
    IOptions<FullSyncOptions> options,
    TimeProvider time
)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(1);

    public async Task<RequestedReconciliations> RequestAsync(
        string locationId,
        IReadOnlyCollection<RecordKind> kinds,
        CancellationToken cancellationToken
    )
    {
        await EnsureHubAsync(cancellationToken);
        Ensure(
            await database.ReadAsync(connection => LocationStore.FindAsync(connection, locationId), cancellationToken),
            locationId
        );
        var request = new RequestedReconciliations(locationId, [.. kinds.Select(kind => kind.Name)], Now);
        await database.WriteAsync(transaction => SaveAsync(transaction, request), cancellationToken);
        database.Signals.TargetsRequested.Raise();
        return request;
    }

    // The reconciliation continues if the wait is canceled.
    public async Task<IReadOnlyList<FullSyncProgress>> WaitAsync(
        RequestedReconciliations request,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<FullSyncState> last = [];
        var lastProgressAt = time.GetTimestamp();
        while (true)
        {
            var (location, fullSyncs) = await ReadAsync(request, cancellationToken);
            if (fullSyncs.Count == request.Kinds.Count && fullSyncs.All(fullSync => IsOver(fullSync, request)))
            {
                return [.. fullSyncs.Select(fullSync => new FullSyncProgress(fullSync))];
            }

            Ensure(location, request.LocationId);
            if (!fullSyncs.SequenceEqual(last))
            {
                (last, lastProgressAt) = (fullSyncs, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(lastProgressAt) >= MaxPause)
            {
                throw CreateTimeout(request, fullSyncs);
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private static bool IsOver(FullSyncState fullSync, RequestedReconciliations request) =>
        fullSync.FinishedAt >= request.RequestedAt || fullSync.RefusedAt >= request.RequestedAt;

    private static async Task SaveAsync(WriteTransaction transaction, RequestedReconciliations request)
    {
        var count = await FullSyncStore.RequestAsync(
            transaction,
            request.LocationId,
            request.Kinds,
            request.RequestedAt
        );
        if (count < request.Kinds.Count)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"Location {request.LocationId} is not imported yet. No reconciliation was requested. "
                    + $"`locations show {request.LocationId}` shows the progress of the import."
            );
        }
    }

    private async Task EnsureHubAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                "Full syncs are disabled (FullSync:Enabled is false). Nothing was requested. Enable them, or use --dry-run."
            );
        }

        if (!await replicas.IsAnyLiveAsync(cancellationToken))
        {
            throw new LocationException(
                LocationErrorCode.NoLiveReplica,
                "No hub is running on this database. Nothing was requested. Start the hub, or use --dry-run."
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
                $"The hub does not call Apple for location {locationId}, because it is {(location.ReceiveOnly ? "receive-only" : location.StateName)}."
            );
        }

        if (location.PausedUntil > Now + MaxPause)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"Calls to Apple are paused for location {locationId} until {location.PausedUntil.Value:u}, "
                    + "because Apple requested it or after errors. Try again later."
            );
        }
    }

    private async Task<(Location? Location, IReadOnlyList<FullSyncState> FullSyncs)> ReadAsync(
        RequestedReconciliations request,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var fullSyncs = await FullSyncStore.ReadAsync(connection, request.LocationId);
        return (
            await LocationStore.FindAsync(connection, request.LocationId),
            [.. fullSyncs.Where(fullSync => request.Kinds.Contains(fullSync.KindName))]
        );
    }

    private static LocationException CreateTimeout(
        RequestedReconciliations request,
        IReadOnlyList<FullSyncState> fullSyncs
    )
    {
        var current = fullSyncs.FirstOrDefault(fullSync => fullSync.LastError is not null);
        var reason = current is null
            ? "the hub may be busy with refetch targets, or full syncs may be disabled (FullSync:Enabled)."
            : $"the last read of {current.KindName} ended with {current.LastError}.";
        return new LocationException(
            LocationErrorCode.Refused,
            $"No page was read for a minute: {reason} The reconciliation remains scheduled; "
                + $"`locations show {request.LocationId}` shows its progress."
        );
    }

    private DateTimeOffset Now => time.GetStoredUtcNow();
}
