using System.Security.Cryptography;
using System.Text;

namespace NotificationHub.Apple;

/// <summary>
/// The notification secret that Apple presents, as Client Config returns it in clear text. It is neither printed nor
/// serialized; only <see cref="Reveal"/> returns it.
/// </summary>
public sealed class NotificationAuthToken
{
    private readonly string text;

    internal NotificationAuthToken(string text)
    {
        this.text = text;
        Sha256 = SHA256.HashData(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>SHA-256 of the secret's UTF-8 bytes.</summary>
    public byte[] Sha256 { get; }

    /// <summary>The secret. Store it encrypted, and do not log it.</summary>
    public string Reveal() => text;

    /// <summary>The name of the type, without the secret.</summary>
    public override string ToString() => nameof(NotificationAuthToken);
}
