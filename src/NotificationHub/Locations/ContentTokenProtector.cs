using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using NotificationHub.Apple;
using NotificationHub.Locations.KeyRing;

namespace NotificationHub.Locations;

/// <summary>Encrypts content tokens for the database.</summary>
/// <param name="provider">The key ring.</param>
internal sealed class ContentTokenProtector(IDataProtectionProvider provider)
{
    private IDataProtector Protector => provider.CreateProtector("NotificationHub.Locations.ContentToken");

    /// <exception cref="LocationException">The key ring cannot be opened now.</exception>
    public byte[] Protect(ContentToken token)
    {
        try
        {
            return Protector.Protect(Encoding.UTF8.GetBytes(token.Reveal()));
        }
        catch (CryptographicException exception)
        {
            throw new LocationException(
                LocationFault.KeyMissing,
                $"The content token cannot be encrypted: {exception.Message} The token was not stored. Run `doctor`, then this command again.",
                exception
            );
        }
    }

    /// <exception cref="CryptographicException">The key ring cannot be opened now, or lacks the key that encrypted the token.</exception>
    public ContentToken Unprotect(byte[] encrypted)
    {
        try
        {
            return Decrypt(encrypted);
        }
        catch (CryptographicException exception)
            when (exception is not KeyRingException && provider is HubKeyRing keys && keys.Reload())
        {
            return Decrypt(encrypted);
        }
    }

    private ContentToken Decrypt(byte[] encrypted) =>
        ContentToken.Parse(Encoding.UTF8.GetString(Protector.Unprotect(encrypted)));
}
