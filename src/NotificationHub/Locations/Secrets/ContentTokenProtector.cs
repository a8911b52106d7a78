using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using NotificationHub.Apple;
using NotificationHub.Locations.KeyRing;

namespace NotificationHub.Locations.Secrets;

internal sealed class ContentTokenProtector(IDataProtectionProvider provider)
{
    /// <summary>Whether the key ring is open; until then, every use fails at once.</summary>
    public bool IsReady => provider is not HubKeyRing { IsOpen: false };

    private IDataProtector Protector => provider.CreateProtector("NotificationHub.Locations.ContentToken");

    public byte[] Protect(ContentToken token)
    {
        try
        {
            return Protector.Protect(Encoding.UTF8.GetBytes(token.Reveal()));
        }
        catch (CryptographicException exception)
        {
            var cause =
                exception is KeyRingException
                    ? exception.Message
                    : "The key ring has no usable key. Restart a hub, which creates one.";
            throw new LocationException(
                LocationErrorCode.KeyMissing,
                $"The content token cannot be encrypted: {cause} The token was not stored. Run `doctor`, then repeat the request.",
                exception
            );
        }
    }

    /// <exception cref="CryptographicException">The key ring is not open, or lacks the key that encrypted the token.</exception>
    public ContentToken Unprotect(byte[] encrypted)
    {
        try
        {
            return ContentToken.Parse(Encoding.UTF8.GetString(Protector.Unprotect(encrypted)));
        }
        catch (CryptographicException exception) when (exception is not KeyRingException && provider is HubKeyRing keys)
        {
            throw keys.Explain(exception);
        }
    }
}
