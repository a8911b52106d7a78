using System.Security.Cryptography;
using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;
using NotificationHub.Locations.Takeovers;

namespace NotificationHub.Locations.Removal;

/// <summary>Gives Apple's notifications back to the server whose URL the hub replaced.</summary>
internal sealed class Restoration(ContentTokenProtector protector)
{
    /// <summary>Sets the stored URL, secret and types at Apple.</summary>
    /// <returns>False if that is not possible: the stored secret is missing or not valid.</returns>
    /// <exception cref="LocationException">Apple refused it, or the outcome is unknown.</exception>
    public async Task<bool> TryAsync(
        AppleSession session,
        Location location,
        ClientConfig found,
        ReplacedConfiguration replaced,
        CancellationToken cancellationToken
    )
    {
        if (replaced.Secret is null)
        {
            return false;
        }

        var request = new ClientConfigRequest
        {
            MdmInfo = ChooseOwner(location, found, replaced),
            NotificationUrl = replaced.NotificationUrl,
            NotificationAuthToken = Decrypt(location, replaced),
            NotificationTypes = LocationStore.ReadTypes(replaced.NotificationTypes),
        };
        try
        {
            await session.SetClientConfigAsync(request, cancellationToken);
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (AppleException error) when (error.IsRejection)
        {
            throw Refused(replaced, error);
        }
        catch (AppleException error) when (!error.IsTokenError)
        {
            // The outcome is unknown; Client Config shows it.
        }

        await ConfirmAsync(session, location, replaced, cancellationToken);
        return true;
    }

    // The MDM may have changed its own mdmInfo since. The previous one returns only if the registration set another.
    private static MdmInfo? ChooseOwner(Location location, ClientConfig found, ReplacedConfiguration replaced)
    {
        var isHubs = found.MdmInfo?.Id is null || found.MdmInfo.Id == location.MdmId;
        return (isHubs && replaced.MdmId != found.MdmInfo?.Id ? Complete(replaced.MdmInfo) : null)
            ?? Complete(found.MdmInfo);
    }

    /// <returns>Null for an incomplete object, which Apple refuses (9723).</returns>
    public static MdmInfo? Complete(MdmInfo? owner) =>
        owner is { Id: not null, Name: not null } ? owner with { Metadata = owner.Metadata ?? "" } : null;

    private string Decrypt(Location location, ReplacedConfiguration replaced)
    {
        try
        {
            return protector.UnprotectRelaySecret(replaced.Secret!).Reveal();
        }
        catch (CryptographicException exception)
        {
            throw new LocationException(
                LocationErrorCode.KeyMissing,
                $"The previous notification secret of location {location.LocationId} cannot be decrypted: {exception.Message} Nothing was changed. "
                    + "Run `doctor` with the hub's KeyRing settings. If the key is lost, remove the location with --no-restore.",
                exception
            );
        }
    }

    private static async Task ConfirmAsync(
        AppleSession session,
        Location location,
        ReplacedConfiguration replaced,
        CancellationToken cancellationToken
    )
    {
        var now = await session.GetClientConfigAsync(
            error => Deregistration.Unconfirmed(location, error.Message, error),
            cancellationToken
        );
        if (now.NotificationUrl != replaced.NotificationUrl)
        {
            throw Deregistration.Unconfirmed(location, "Apple's Client Config does not have the previous URL");
        }
    }

    private static LocationException Refused(ReplacedConfiguration replaced, AppleException error)
    {
        var hint =
            error.Kind == AppleErrorKind.NotificationUrlRefused
                ? $"Apple's test notification must reach {replaced.Host} and get a 2xx response. "
                : "";
        return new(
            LocationErrorCode.Refused,
            $"Apple refused to restore the notification URL of {replaced.Host}. {hint}{error.Message} Nothing was changed. "
                + "Run this command again when that server responds, or with --no-restore to clear the settings at Apple instead.",
            error
        );
    }
}
