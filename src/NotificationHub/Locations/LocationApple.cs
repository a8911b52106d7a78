using System.Security.Cryptography;
using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Locations;

internal sealed class LocationApple(AppleClient client, ContentTokenProtector protector)
{
    /// <param name="rate">The command's own rate: its few requests need not wait for scheduled reads.</param>
    public AppleSession Open(Location location, RequestRate rate)
    {
        if (location.ContentToken is null)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"Location {location.LocationId} has no content token, so the hub cannot call Apple for it. Nothing was changed. "
                    + "Its MDM configures Client Config."
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
                $"The content token of location {location.LocationId} cannot be decrypted: {exception.Message} Nothing was changed. "
                    + "Run `doctor` with the hub's KeyRing settings. If the key is lost, run `locations renew-token`.",
                exception
            );
        }
    }
}
