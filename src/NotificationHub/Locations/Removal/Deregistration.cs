using NotificationHub.Apple;
using NotificationHub.Locations.Takeovers;

namespace NotificationHub.Locations.Removal;

/// <param name="IsDone">Whether Apple no longer sends notifications for the location to this hub.</param>
/// <param name="Message">What was done, and what remains to do.</param>
internal sealed record DeregistrationResult(bool IsDone, string Message);

/// <summary>Restores the URL, secret and types that Client Config had before the hub's, or clears the hub's.</summary>
internal sealed class Deregistration(LocationApple apple, Restoration restoration, TimeProvider time)
{
    private const string StillSending =
        "Apple keeps sending notifications to the hub until another notification URL is set for the location.";

    /// <param name="replaced">What to restore; null to clear the hub's settings.</param>
    public async Task<DeregistrationResult> RunAsync(
        Location location,
        ReplacedConfiguration? replaced,
        CancellationToken cancellationToken
    )
    {
        if (location.ContentToken is null)
        {
            return new(
                false,
                "The hub has no content token for the location. Remove the notification URL from Client Config in the MDM."
            );
        }

        using var rate = new RequestRate(time, LocationApple.RequestsPerSecond);
        var session = apple.Open(location, rate);
        try
        {
            var found = await session.GetClientConfigAsync(cancellationToken);
            var hasNoUrl = string.IsNullOrEmpty(found.NotificationUrl);
            if (!hasNoUrl && !IsOurs(location, found))
            {
                return new(
                    true,
                    found.NotificationUrl == replaced?.NotificationUrl
                        ? Restored(replaced!)
                        : "Apple already has another notification URL for the location; it was not changed."
                );
            }

            // Without a URL at Apple, an earlier attempt may have cleared it, or the MDM.
            if (
                replaced is not null
                && await restoration.TryAsync(session, location, found, replaced, cancellationToken)
            )
            {
                return new(true, Restored(replaced));
            }

            var cleared = hasNoUrl
                ? new(true, "Apple has no notification URL for the location; nothing was changed at Apple.")
                : await ClearAsync(session, location, found, cancellationToken);
            return replaced is null ? cleared : cleared with { Message = $"{cleared.Message} {NotRestored(replaced)}" };
        }
        catch (AppleException error) when (error.IsTokenError)
        {
            return new(
                false,
                $"Apple no longer accepts the content token ({ErrorCode.From(error)}). {StillSending} {NotRestored(replaced)}".TrimEnd()
            );
        }
        catch (AppleException error)
        {
            throw new LocationException(
                LocationErrorCode.Refused,
                $"{error.Message} Nothing was changed. Run this command again later, or with --skip-apple to remove the location from the hub only.",
                error
            );
        }
    }

    /// <returns>Empty if there is nothing to restore.</returns>
    public static string NotRestored(ReplacedConfiguration? replaced) =>
        replaced is null
            ? ""
            : $"The hub could not restore the notification URL of {replaced.Host}: set it in that server again.";

    private static string Restored(ReplacedConfiguration replaced) =>
        $"Apple sends the notifications to {replaced.Host} again, with the previous URL, secret and types.";

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
        var now = await session.GetClientConfigAsync(
            error => Unconfirmed(location, error.Message, error),
            cancellationToken
        );
        return !IsOurs(location, now) || now.SubscribedNotificationTypes.Count == 0
                ? new(true, "Apple no longer sends notifications to the hub.")
            : refused is null ? throw Unconfirmed(location, "Apple's Client Config still has the hub's URL")
            : new(false, $"Apple refused to clear the settings ({ErrorCode.From(refused)}). {StillSending}");
    }

    // Apple does not document how to clear the settings: empty members are tried first, then an empty list of types.
    /// <returns>The last refusal; null if Apple accepted one of both, or the outcome is unknown.</returns>
    private static async Task<AppleException?> TryClearAsync(
        AppleSession session,
        ClientConfig found,
        CancellationToken cancellationToken
    )
    {
        // mdmInfo belongs to the MDM and stays.
        var owner = Restoration.Complete(found.MdmInfo);
        var noTypes = new ClientConfigRequest { MdmInfo = owner, NotificationTypes = [] };
        var nothing = noTypes with { NotificationUrl = "", NotificationAuthToken = "" };
        AppleException? refused = null;
        foreach (var request in new[] { nothing, noTypes })
        {
            try
            {
                await session.SetClientConfigAsync(request, cancellationToken);
                return null;
            }
            catch (AppleException error) when (error.IsRejection)
            {
                refused = error;
            }
            catch (AppleException)
            {
                // The outcome is unknown; the caller reads Client Config back.
                return null;
            }
        }

        return refused;
    }

    public static LocationException Unconfirmed(Location location, string reason, Exception? innerException = null) =>
        new(
            LocationErrorCode.Unconfirmed,
            $"It is unknown whether Apple changed its settings ({reason}). The hub keeps retrying the removal of location {location.LocationId}; "
                + "you can also run the same command again.",
            innerException
        );
}
