using NotificationHub.Apple;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>A location that a command works on: nobody else does meanwhile.</summary>
/// <param name="Lock">The right to do so.</param>
/// <param name="Location">The row as it was read under that right.</param>
internal sealed record LockedLocation(LocationLock Lock, Location Location) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Lock.DisposeAsync();
}

/// <summary>What every command on one location begins with.</summary>
internal sealed class LocationOpener(Database database, LocationLocks locks, LocationCheck check)
{
    private static readonly LocationRequestValidator Validator = new();

    /// <summary>Takes the location for one command.</summary>
    /// <exception cref="LocationException">It is not there, was removed, or another command works on it.</exception>
    public async Task<LockedLocation> OpenAsync(
        LocationRequest request,
        CancellationToken cancellationToken,
        bool evenRemoved = false
    )
    {
        Validator.Ensure(request);
        var locationId = request.LocationId;
        // Looked for first, so that a name that means nothing takes no lease.
        Ensure(await FindAsync(locationId, cancellationToken), locationId, evenRemoved);
        var held = await locks.TakeAsync(locationId, cancellationToken);
        try
        {
            return new LockedLocation(
                held,
                Ensure(await FindAsync(locationId, cancellationToken), locationId, evenRemoved)
            );
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads how Apple has the location configured, and writes down what follows.</summary>
    /// <exception cref="LocationException">Apple did not answer; nothing was changed there.</exception>
    public async Task<LocationReading> ReadAsync(
        LockedLocation opened,
        AppleSession session,
        CancellationToken cancellationToken,
        StateAudit? audit = null
    )
    {
        try
        {
            return await check.ReadAsync(opened.Lock, opened.Location, session, cancellationToken, audit);
        }
        catch (AppleException fault)
        {
            throw new LocationException(
                LocationErrorCode.Refused,
                $"{fault.Message} Nothing was changed at Apple. Run this command again later.",
                fault
            );
        }
    }

    /// <summary>Ensures that Apple may be called, and configured, for the location.</summary>
    /// <exception cref="LocationException">It may not; the message says what leads further.</exception>
    public static void EnsureCallable(Location location)
    {
        if (location.ReceiveOnly || LocationStates.MayCallApple(location.State))
        {
            // Without a content token there are clearer words when one is needed.
            return;
        }

        throw new LocationException(
            LocationErrorCode.NotAllowed,
            $"The location {location.LocationId} is {location.StateName}{(location.StateReason is { } reason ? $" ({reason})" : "")}: nothing is changed at Apple. "
                + location.State switch
                {
                    LocationState.Pending => "Run `locations add` again: it finishes the registration.",
                    LocationState.TakenOver =>
                        "Agree on who owns it. `locations verify` finds out whether it was given back; `locations add` takes it up again.",
                    _ => "Give it a new content token with `locations renew`.",
                }
        );
    }

    private async Task<Location?> FindAsync(string locationId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await LocationStore.FindAsync(connection, locationId);
    }

    private static Location Ensure(Location? location, string locationId, bool evenRemoved) =>
        location switch
        {
            null => throw LocationException.NotFound(locationId),
            { State: LocationState.Removed } when !evenRemoved => throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"The location {locationId} was removed. `locations add` registers its library again, as a new location."
            ),
            _ => location,
        };
}
