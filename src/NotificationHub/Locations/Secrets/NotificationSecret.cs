using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace NotificationHub.Locations.Secrets;

/// <summary>The secret that Apple presents with every delivery for a location. Only its digest is ever stored.</summary>
internal sealed class NotificationSecret
{
    private const int Bytes = 32;

    private readonly string text;

    private NotificationSecret(string text)
    {
        this.text = text;
        Sha256 = SHA256.HashData(Encoding.ASCII.GetBytes(text));
    }

    public byte[] Sha256 { get; }

    /// <summary>A new secret of 256 random bits, in characters that RFC 6750 allows.</summary>
    public static NotificationSecret Generate() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)));

    public string Reveal() => text;

    public override string ToString() => "NotificationSecret";
}
