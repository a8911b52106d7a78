using NotificationHub.Apple;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Removal;

/// <param name="LocationId">The location.</param>
/// <param name="DeleteData">Delete what was kept of it, instead of keeping it. May be asked for a location that was removed before.</param>
/// <param name="SkipApple">Do not ask Apple: for a location that Apple cannot be asked about any more.</param>
internal sealed record RemoveRequest(string LocationId, bool DeleteData = false, bool SkipApple = false)
    : LocationRequest(LocationId);

/// <param name="Location">The row as it is now.</param>
/// <param name="Apple">Whether Apple was told.</param>
internal sealed record RemoveResult(Location Location, DeregistrationResult Apple);

/// <summary>
/// Takes a location out: Apple is told, the content token is forgotten, late posts are taken in for a day and not routed. What was asked for is
/// written down first, so that a removal that is cut off is finished by the hub.
/// </summary>
internal sealed class LocationRemoval(
    Database database,
    LocationOpener desk,
    Deregistration unregistration,
    LocationDataDeletion erasure
)
{
    /// <exception cref="LocationException">Nothing was changed; or, Unconfirmed, it goes on by itself.</exception>
    public async Task<RemoveResult> RemoveAsync(RemoveRequest request, CancellationToken cancellationToken)
    {
        await using var opened = await desk.OpenAsync(request, cancellationToken, evenRemoved: request.DeleteData);
        var isNew = await WriteAsync(
            opened,
            transaction => RemovalStore.BeginAsync(transaction, request),
            cancellationToken
        );
        try
        {
            return await GoOnAsync(opened, request, cancellationToken);
        }
        catch (LocationException fault) when (!isNew && fault.Code != LocationErrorCode.Unconfirmed)
        {
            // An earlier command may already have changed Apple's settings. Only the hub's retries can finish this.
            throw new LocationException(
                LocationErrorCode.Unconfirmed,
                $"{(fault.InnerException as AppleException)?.Message ?? fault.Message} An earlier command started to remove the location {request.LocationId}; its outcome "
                    + "at Apple is unknown. The hub keeps retrying; you can also run the same command again later.",
                fault
            );
        }
        catch (LocationException fault) when (fault.Code != LocationErrorCode.Unconfirmed)
        {
            // Nothing was changed, and nobody has to go on with it.
            await WriteAsync(
                opened,
                async transaction =>
                {
                    await RemovalStore.EndAsync(transaction, request.LocationId);
                    return true;
                },
                CancellationToken.None
            );
            throw;
        }
    }

    /// <summary>Goes on with a removal that was cut off. It is not given up: nobody knows what was done of it.</summary>
    /// <exception cref="LocationException">It could not go on now.</exception>
    public async Task ResumeAsync(PendingRemoval pending, CancellationToken cancellationToken)
    {
        var request = new RemoveRequest(pending.LocationId, pending.DeleteData, pending.SkipApple);
        await using var opened = await desk.OpenAsync(request, cancellationToken);
        await GoOnAsync(opened, request, cancellationToken);
    }

    private async Task<RemoveResult> GoOnAsync(
        LockedLocation opened,
        RemoveRequest request,
        CancellationToken cancellationToken
    )
    {
        var told =
            opened.Location.State == LocationState.Removed
                ? new DeregistrationResult(true, "Apple was told when the location was removed.")
                : await CloseAsync(opened, request, cancellationToken);
        if (request.DeleteData)
        {
            await EraseAsync(request.LocationId, cancellationToken);
        }

        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return new RemoveResult((await LocationStore.FindAsync(connection, request.LocationId))!, told);
    }

    /// <summary>Deletes what was kept of a removed location, and notes that it is done.</summary>
    public async Task EraseAsync(string locationId, CancellationToken cancellationToken)
    {
        await erasure.RunAsync(locationId, everything: false, cancellationToken);
        await database.WriteAsync(
            async transaction =>
                await RemovalStore.SetDeletedAsync(transaction, locationId, await transaction.NowAsync()),
            cancellationToken
        );
    }

    private async Task<DeregistrationResult> CloseAsync(
        LockedLocation opened,
        RemoveRequest request,
        CancellationToken cancellationToken
    )
    {
        var told = request.SkipApple
            ? new DeregistrationResult(false, "Apple was not told: it goes on posting to the hub's URL.")
            : await unregistration.RunAsync(opened.Location, cancellationToken);
        await WriteAsync(
            opened,
            async transaction =>
            {
                var now = await transaction.NowAsync();
                await LocationStore.SetRemovedAsync(transaction, opened.Location.LocationId, now);
                await LocationStore.IncrementVersionAsync(transaction);
                var removed = LocationEvents.OfRemoval(opened.Location, request.DeleteData, now);
                transaction.AppendEvents([removed]);
                return true;
            },
            cancellationToken
        );
        return told;
    }

    private Task<bool> WriteAsync(
        LockedLocation opened,
        Func<WriteTransaction, Task<bool>> work,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                await opened.Lock.EnsureAsync(transaction);
                return await work(transaction);
            },
            cancellationToken
        );
}
