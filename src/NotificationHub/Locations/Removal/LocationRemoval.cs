using NotificationHub.Apple;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Removal;

/// <param name="DeleteData">Whether to delete the location's data. Allowed for a location that was removed before.</param>
/// <param name="NoRestore">Whether to clear Client Config even if another server's configuration could be restored.</param>
internal sealed record RemoveRequest(
    string LocationId,
    bool DeleteData = false,
    bool SkipApple = false,
    bool NoRestore = false
);

internal sealed record RemoveResult(Location Location, DeregistrationResult Apple);

// The request is stored first, so that the hub finishes a removal that was interrupted.
/// <summary>Removes a location: restores or clears Client Config at Apple, deletes the content token and, if requested, the data.</summary>
internal sealed class LocationRemoval(
    Database database,
    LocationLocks locks,
    Deregistration deregistration,
    LocationDataDeletion deletion
)
{
    public async Task<RemoveResult> RemoveAsync(RemoveRequest request, CancellationToken cancellationToken)
    {
        await using var locked = await locks.OpenAsync(request.LocationId, cancellationToken, request.DeleteData);
        var isNew = await WriteAsync(
            locked,
            transaction => RemovalStore.BeginAsync(transaction, request),
            cancellationToken
        );
        try
        {
            return await ContinueAsync(locked, request, cancellationToken);
        }
        catch (LocationException error) when (!isNew && error.Code != LocationErrorCode.Unconfirmed)
        {
            // An earlier command may already have changed Apple's settings. Only the hub's retries can finish this.
            throw new LocationException(
                LocationErrorCode.Unconfirmed,
                $"{(error.InnerException as AppleException)?.Message ?? error.Message} An earlier command started to remove location {request.LocationId}; "
                    + "its outcome at Apple is unknown. The hub keeps retrying; you can also run the same command again later.",
                error
            );
        }
        catch (LocationException error) when (error.Code != LocationErrorCode.Unconfirmed)
        {
            // Nothing was changed, so the hub must not retry.
            await WriteAsync(
                locked,
                transaction => RemovalStore.EndAsync(transaction, request.LocationId),
                CancellationToken.None
            );
            throw;
        }
    }

    /// <summary>Continues a removal that was interrupted. It is never given up, because its outcome is unknown.</summary>
    public async Task ResumeAsync(PendingRemoval pending, CancellationToken cancellationToken)
    {
        var request = new RemoveRequest(pending.LocationId, pending.DeleteData, pending.SkipApple, pending.NoRestore);
        await using var locked = await locks.OpenAsync(request.LocationId, cancellationToken);
        await ContinueAsync(locked, request, cancellationToken);
    }

    public async Task DeleteDataAsync(string locationId, CancellationToken cancellationToken)
    {
        await deletion.RunAsync(locationId, everything: false, cancellationToken);
        await database.WriteAsync(
            async transaction =>
                await RemovalStore.SetDeletedAsync(transaction, locationId, await transaction.NowAsync()),
            cancellationToken
        );
    }

    private async Task<RemoveResult> ContinueAsync(
        LockedLocation locked,
        RemoveRequest request,
        CancellationToken cancellationToken
    )
    {
        var apple =
            locked.Location.State == LocationState.Removed
                ? OfEarlierRemoval(locked.Location)
                : await CloseAsync(locked, request, cancellationToken);
        if (request.DeleteData)
        {
            await DeleteDataAsync(request.LocationId, cancellationToken);
        }

        var removed = await LocationStore.FindAsync(database, request.LocationId, cancellationToken);
        return new RemoveResult(removed!, apple);
    }

    private async Task<DeregistrationResult> CloseAsync(
        LockedLocation locked,
        RemoveRequest request,
        CancellationToken cancellationToken
    )
    {
        var replaced = request.NoRestore
            ? null
            : await database.ReadAsync(
                connection => ReplacedConfigurations.FindAsync(connection, request.LocationId),
                cancellationToken
            );
        var apple = request.SkipApple
            ? new DeregistrationResult(
                false,
                $"Apple's settings were not changed: Apple keeps sending to the hub's URL. {Deregistration.NotRestored(replaced)}".TrimEnd()
            )
            : await deregistration.RunAsync(locked.Location, replaced, cancellationToken);
        await WriteAsync(
            locked,
            async transaction =>
            {
                var now = await transaction.NowAsync();
                await LocationStore.SetRemovedAsync(
                    transaction,
                    locked.Location.LocationId,
                    apple.IsDone ? null : apple.Message,
                    now
                );
                if (apple.IsDone)
                {
                    await ReplacedConfigurations.DeleteAsync(transaction, locked.Location.LocationId);
                }

                await LocationStore.IncrementVersionAsync(transaction);
                transaction.AppendEvents([
                    LocationEventFactory.CreateRemoved(locked.Location, request.DeleteData, now),
                ]);
                return true;
            },
            cancellationToken
        );
        return apple;
    }

    private static DeregistrationResult OfEarlierRemoval(Location location) =>
        new(
            IsDone: location.StateReason is null,
            location.StateReason ?? "When the location was removed, Apple stopped sending its notifications to the hub."
        );

    private Task<T> WriteAsync<T>(
        LockedLocation locked,
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                await locked.Lock.EnsureAsync(transaction);
                return await work(transaction);
            },
            cancellationToken
        );
}
