using NotificationHub.Apple;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <param name="LocationId">The location.</param>
/// <param name="Token">Its new content token.</param>
internal sealed record RenewRequest(string LocationId, ContentToken Token) : LocationRequest(LocationId);

/// <param name="Location">The row as it is now.</param>
/// <param name="Differences">What Apple has otherwise than it is recorded.</param>
internal sealed record RenewResult(Location Location, IReadOnlyList<LocationDifference> Differences);

/// <summary>Gives a location a new content token for the same library: everything else stays, and what waits is read on.</summary>
internal sealed class LocationRenewal(
    Database database,
    LocationOpener desk,
    ContentTokenProtector protector,
    AppleClient apple,
    TimeProvider time
)
{
    /// <exception cref="LocationException">Apple does not take the token, or it is for another library; nothing was changed.</exception>
    public async Task<RenewResult> RenewAsync(RenewRequest request, CancellationToken cancellationToken)
    {
        await using var opened = await desk.OpenAsync(request, cancellationToken);
        EnsureRegistered(opened.Location);
        using var rate = new RequestRate(time);
        var found = await ReadAsync(new AppleSession(apple, request.Token, rate), cancellationToken);
        EnsureSame(opened.Location, found);
        return await KeepAsync(opened, request.Token, found, cancellationToken);
    }

    private static void EnsureRegistered(Location location)
    {
        if (location.ReceiveOnly)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"The location {location.LocationId} is for receiving only and takes no content token. To have its records read, remove it and "
                    + "add its library with `locations add --token-file`."
            );
        }

        if (location.State == LocationState.Pending)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"The registration of the location {location.LocationId} is not finished: run `locations add` with the new token, which finishes it."
            );
        }
    }

    private static async Task<ClientConfig> ReadAsync(AppleSession session, CancellationToken cancellationToken)
    {
        try
        {
            return await session.GetClientConfigAsync(cancellationToken);
        }
        catch (AppleException fault)
        {
            throw new LocationException(
                LocationErrorCode.Refused,
                $"{fault.Message} The location keeps the content token that it has.",
                fault
            );
        }
    }

    private static void EnsureSame(Location location, ClientConfig found)
    {
        if (found.UId != location.UId)
        {
            throw new LocationException(
                LocationErrorCode.OtherLibrary,
                $"The content token is for the library {found.UId ?? "that Apple does not name"}, and the location {location.LocationId} is {location.UId}. Nothing was "
                    + "changed. To receive that library too, use `locations add`."
            );
        }
    }

    private Task<RenewResult> KeepAsync(
        LockedLocation opened,
        ContentToken token,
        ClientConfig found,
        CancellationToken cancellationToken
    )
    {
        var location = opened.Location with
        {
            Name = found.LocationName ?? opened.Location.Name,
            // Not in the write transaction: Data Protection may write its first key to the database.
            ContentToken = protector.Protect(token),
            TokenExpiresAt = (found.TokenExpirationDate ?? token.ExpiresAt)?.ToUnixTimeMilliseconds(),
        };
        return database.WriteAsync(
            async transaction =>
            {
                await LocationStore.SetContentTokenAsync(transaction, location);
                var reading = await LocationCheck.FollowAsync(transaction, opened.Lock, location, found);
                // What waits for a content token need not be asked for once more.
                transaction.OnCommit(transaction.Signals.TargetsRequested);
                return new RenewResult(reading.Location, reading.Differences);
            },
            cancellationToken
        );
    }
}
