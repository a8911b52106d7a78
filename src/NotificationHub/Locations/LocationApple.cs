using System.Security.Cryptography;
using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Locations;

/// <summary>Opens a registered location's view of Apple, for the few requests that a command makes.</summary>
internal sealed class LocationApple(AppleClient client, ContentTokenProtector protector)
{
    /// <param name="location">The location, with a content token.</param>
    /// <param name="rate">The command's own: its few requests need not wait for those of a walk.</param>
    /// <exception cref="LocationException">There is no content token, or it cannot be decrypted.</exception>
    public AppleSession Open(Location location, RequestRate rate)
    {
        if (location.ContentToken is null)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"The location {location.LocationId} has no content token: its MDM posts Client Config, and the hub can neither ask nor tell "
                    + "Apple. Nothing was changed."
            );
        }

        try
        {
            return new AppleSession(client, protector.Unprotect(location.ContentToken), rate, location.UId);
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException)
        {
            throw new LocationException(
                LocationErrorCode.KeyMissing,
                $"The content token of the location {location.LocationId} cannot be decrypted: {exception.Message} Nothing was changed. Run `doctor` "
                    + "with the hub's settings KeyRing:…; if the key is lost, run `locations renew`.",
                exception
            );
        }
    }
}
