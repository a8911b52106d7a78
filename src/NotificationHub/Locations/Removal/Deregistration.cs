using NotificationHub.Apple;

namespace NotificationHub.Locations.Removal;

/// <param name="IsDone">Apple posts nothing for the location to this hub any more.</param>
/// <param name="Words">What was done, or is left to somebody else to do.</param>
internal sealed record DeregistrationResult(bool IsDone, string Words);

/// <summary>Takes the hub's URL, secret and types out of Client Config. The <c>mdmInfo</c> is the MDM's, and stays.</summary>
internal sealed class Deregistration(LocationApple apple, TimeProvider time)
{
    private const string ByHand =
        "Apple goes on posting to the hub until somebody sets another notification URL for it.";

    /// <exception cref="LocationException">Apple could not be asked, or it is not known what it did.</exception>
    public async Task<DeregistrationResult> RunAsync(Location location, CancellationToken cancellationToken)
    {
        if (location.ContentToken is null)
        {
            return new(
                false,
                "The hub has no content token: have the MDM take the notification URL out of Client Config."
            );
        }

        using var rate = new RequestRate(time);
        var session = apple.Open(location, rate);
        try
        {
            var found = await session.GetClientConfigAsync(cancellationToken);
            return IsOurs(location, found)
                ? await ClearAsync(session, location, found, cancellationToken)
                : new(true, "Apple's notification URL is another one already; it was left alone.");
        }
        catch (AppleException fault) when (fault.IsTokenFault)
        {
            return new(false, $"Apple does not take the content token any more ({ErrorCode.From(fault)}). {ByHand}");
        }
        catch (AppleException fault)
        {
            throw new LocationException(
                LocationErrorCode.Refused,
                $"{fault.Message} Nothing was changed. Run this command again later, or with --without-apple to remove the location here only.",
                fault
            );
        }
    }

    // Somebody else's settings are not ours to clear.
    private static bool IsOurs(Location location, ClientConfig found) =>
        found.NotificationUrl is { Length: > 0 } url && url == location.NotificationUrl;

    private static async Task<DeregistrationResult> ClearAsync(
        AppleSession session,
        Location location,
        ClientConfig found,
        CancellationToken cancellationToken
    )
    {
        var refused = await TryClearAsync(session, found, cancellationToken);
        var set = await ReadBackAsync(session, location, cancellationToken);
        return !IsOurs(location, set) || set.SubscribedNotificationTypes.Count == 0
                ? new(true, "Apple posts nothing to the hub any more.")
            : refused is null ? throw Unknown(location, "Apple's Client Config still shows the hub's URL")
            : new(false, $"Apple does not let the settings be cleared ({ErrorCode.From(refused)}). {ByHand}");
    }

    /// <summary>How to clear the settings is documented nowhere: empty members are tried first, an empty list of types next.</summary>
    /// <returns>Why Apple refused both.</returns>
    private static async Task<AppleException?> TryClearAsync(
        AppleSession session,
        ClientConfig found,
        CancellationToken cancellationToken
    )
    {
        var noTypes = new ClientConfigRequest { MdmInfo = CompleteOf(found.MdmInfo), NotificationTypes = [] };
        var nothing = noTypes with { NotificationUrl = "", NotificationAuthToken = "" };
        AppleException? refused = null;
        foreach (var request in new[] { nothing, noTypes })
        {
            try
            {
                await session.SetClientConfigAsync(request, cancellationToken);
                return null;
            }
            catch (AppleException fault)
                when (fault.Kind is AppleErrorKind.Refused or AppleErrorKind.NotificationUrlRefused)
            {
                refused = fault;
            }
            catch (AppleException)
            {
                // The read-back decides.
                return null;
            }
        }

        return refused;
    }

    private static async Task<ClientConfig> ReadBackAsync(
        AppleSession session,
        Location location,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await session.GetClientConfigAsync(cancellationToken);
        }
        catch (AppleException fault)
        {
            throw Unknown(location, fault.Message, fault);
        }
    }

    // Apple refuses an incomplete one (9723).
    private static MdmInfo? CompleteOf(MdmInfo? found) =>
        found is { Id: not null, Name: not null } ? found with { Metadata = found.Metadata ?? "" } : null;

    private static LocationException Unknown(Location location, string reason, Exception? innerException = null) =>
        new(
            LocationErrorCode.Unconfirmed,
            $"Whether Apple has cleared its settings is not known yet ({reason}). The removal of the location {location.LocationId} goes on by "
                + "itself; or run the same command again.",
            innerException
        );
}
