using NotificationHub.Apple;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>Replaces the content token of a location by another one for the same library.</summary>
internal sealed class LocationRenewal(
    Database database,
    LocationLocks locks,
    ContentTokenProtector protector,
    AppleClient apple,
    TimeProvider time
)
{
    public async Task<LocationReading> RenewAsync(
        string locationId,
        ContentToken token,
        CancellationToken cancellationToken
    )
    {
        await using var locked = await locks.OpenAsync(locationId, cancellationToken);
        EnsureRegistered(locked.Location);
        using var rate = new RequestRate(time, LocationApple.RequestsPerSecond);
        var found = await new AppleSession(apple, token, rate).GetClientConfigAsync(Refused, cancellationToken);
        if (found.UId != locked.Location.UId)
        {
            throw new LocationException(
                LocationErrorCode.OtherLibrary,
                $"The content token is for library {found.UId ?? "(unnamed)"}, but location {locked.Location.LocationId} is library {locked.Location.UId}. "
                    + "Nothing was changed. To receive that library as well, run `locations add`."
            );
        }

        return await StoreAsync(locked, token, found, cancellationToken);
    }

    private static void EnsureRegistered(Location location)
    {
        if (location.ReceiveOnly)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"Location {location.LocationId} is receive-only and has no content token. Nothing was changed. "
                    + "To have its records read, remove it, then run `locations add --token-file`."
            );
        }

        if (location.State == LocationState.Pending)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"The registration of location {location.LocationId} is not complete. Nothing was changed. "
                    + "Run `locations add` with the new token to complete it."
            );
        }
    }

    private static LocationException Refused(AppleException error) =>
        new(LocationErrorCode.Refused, $"{error.Message} The location keeps its current content token.", error);

    private Task<LocationReading> StoreAsync(
        LockedLocation locked,
        ContentToken token,
        ClientConfig found,
        CancellationToken cancellationToken
    )
    {
        var location = locked.Location with
        {
            Name = found.LocationName ?? locked.Location.Name,
            // Not in the write transaction: Data Protection may store its first key in the database.
            ContentToken = protector.Protect(token),
            TokenExpiresAt = found.TokenExpirationDate ?? token.ExpiresAt,
        };
        return database.WriteAsync(
            async transaction =>
            {
                await LocationStore.SetContentTokenAsync(transaction, location);
                var reading = await LocationCheck.ApplyAsync(transaction, locked.Lock, location, found);
                // Pending targets resume at once.
                transaction.OnCommit(transaction.Signals.TargetsRequested);
                return reading;
            },
            cancellationToken
        );
    }
}
