using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using NotificationHub.Apple;
using NotificationHub.Locations.KeyRing;

namespace NotificationHub.Locations;

/// <summary>Encrypts content tokens for the database, with the hub's key ring.</summary>
/// <param name="provider">Data Protection.</param>
/// <param name="keys">Has the ring read again where a token cannot be decrypted; null where there is only one ring ever.</param>
internal sealed class ContentTokenProtector(IDataProtectionProvider provider, ReloadingKeyManager? keys = null)
{
    private readonly IDataProtector protector = provider.CreateProtector("NotificationHub.Locations.ContentToken");

    public byte[] Protect(ContentToken token) => protector.Protect(Encoding.UTF8.GetBytes(token.Reveal()));

    /// <exception cref="CryptographicException">The key ring is not the one the token was encrypted with, or cannot be unwrapped now.</exception>
    public ContentToken Unprotect(byte[] encrypted)
    {
        try
        {
            return ContentToken.Parse(Encoding.UTF8.GetString(protector.Unprotect(encrypted)));
        }
        catch (CryptographicException)
        {
            // The next attempt may see what has changed since.
            keys?.ReadAgainUnlessJustRead();
            throw;
        }
    }
}
