using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using NotificationHub.Apple;

namespace NotificationHub.Locations;

/// <summary>Encrypts content tokens for the database, with the hub's key ring.</summary>
internal sealed class ContentTokenProtector(IDataProtectionProvider provider)
{
    private readonly IDataProtector protector = provider.CreateProtector("NotificationHub.Locations.ContentToken");

    public byte[] Protect(ContentToken token) => protector.Protect(Encoding.UTF8.GetBytes(token.Reveal()));

    /// <exception cref="CryptographicException">The key ring is not the one the token was encrypted with.</exception>
    public ContentToken Unprotect(byte[] encrypted) =>
        ContentToken.Parse(Encoding.UTF8.GetString(protector.Unprotect(encrypted)));
}
