using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using NotificationHub.Apple;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Locations.RelayTargets;

namespace NotificationHub.Locations.Secrets;

/// <summary>Encrypts the content tokens and the secrets of relay targets.</summary>
internal sealed class ContentTokenProtector(IDataProtectionProvider provider)
{
    private const string ContentTokens = "NotificationHub.Locations.ContentToken";
    private const string RelaySecrets = "NotificationHub.Locations.RelaySecret";

    /// <summary>Whether the key ring is open; until then, every use fails at once.</summary>
    public bool IsReady => provider is not HubKeyRing { IsOpen: false };

    public byte[] Protect(ContentToken token) => Protect(ContentTokens, token.Reveal(), "content token");

    public byte[] Protect(RelaySecret secret) => Protect(RelaySecrets, secret.Reveal(), "relay secret");

    /// <exception cref="CryptographicException">The key ring is not open, or lacks the key that encrypted the token.</exception>
    public ContentToken Unprotect(byte[] encrypted) => ContentToken.Parse(Unprotect(ContentTokens, encrypted));

    /// <exception cref="CryptographicException">The key ring is not open, or lacks the key that encrypted the secret.</exception>
    public RelaySecret UnprotectRelaySecret(byte[] encrypted) =>
        RelaySecret.TryParse(Unprotect(RelaySecrets, encrypted), out var secret, out var error)
            ? secret
            : throw new CryptographicException($"The relay secret {error}.");

    private byte[] Protect(string purpose, string text, string name)
    {
        try
        {
            return provider.CreateProtector(purpose).Protect(Encoding.UTF8.GetBytes(text));
        }
        catch (CryptographicException exception)
        {
            var cause =
                exception is KeyRingException
                    ? exception.Message
                    : "The key ring has no usable key. Restart a hub, which creates one.";
            throw new LocationException(
                LocationErrorCode.KeyMissing,
                $"The {name} cannot be encrypted: {cause} The {name} was not stored. Run `doctor`, then repeat the request.",
                exception
            );
        }
    }

    private string Unprotect(string purpose, byte[] encrypted)
    {
        try
        {
            return Encoding.UTF8.GetString(provider.CreateProtector(purpose).Unprotect(encrypted));
        }
        catch (CryptographicException exception) when (exception is not KeyRingException && provider is HubKeyRing keys)
        {
            throw keys.Explain(exception);
        }
    }
}
