using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace NotificationHub.Locations.KeyRing;

/// <summary>
/// A secret of the key ring, encrypted with AES-256-GCM under a random key of its own that a certificate or a Key Vault wraps. One form for
/// both, authenticated: Data Protection's own for certificates is CBC without a tag and RSA with PKCS#1 v1.5 padding.
/// </summary>
internal static class WrappedSecret
{
    public static readonly XName ElementName = "wrappedSecret";

    private const int KeySize = 32;
    private const string Algorithm = "RSA-OAEP-256 A256GCM";

    public static XElement Seal(XElement secret, IKeyWrap wrap)
    {
        var clear = Encoding.UTF8.GetBytes(secret.ToString(SaveOptions.DisableFormatting));
        var key = RandomNumberGenerator.GetBytes(KeySize);
        try
        {
            var wrapped = wrap.Wrap(key);
            var nonce = RandomNumberGenerator.GetBytes(AesGcm.NonceByteSizes.MaxSize);
            var tag = new byte[AesGcm.TagByteSizes.MaxSize];
            var encrypted = new byte[clear.Length];
            using var aes = new AesGcm(key, tag.Length);
            aes.Encrypt(nonce, clear, encrypted, tag, Context(wrapped.By));
            return new XElement(
                ElementName,
                new XAttribute("by", wrapped.By),
                new XAttribute("algorithm", Algorithm),
                Base64("key", wrapped.Bytes),
                Base64("nonce", nonce),
                Base64("tag", tag),
                Base64("secret", encrypted)
            );
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <exception cref="CryptographicException">It was changed, or what wraps it is not to be had.</exception>
    public static XElement Open(XElement element, KeyWraps wraps)
    {
        if ((string?)element.Attribute("algorithm") != Algorithm)
        {
            throw new CryptographicException(
                "A key of the key ring is wrapped in a way that this version does not know. Run the version that wrapped it, or a later one."
            );
        }

        var by = WrappedBy(element);
        var key = wraps.Unwrap(new WrappedKey(by, Bytes(element, "key")));
        var tag = Bytes(element, "tag");
        var encrypted = Bytes(element, "secret");
        var clear = new byte[encrypted.Length];
        try
        {
            using var aes = new AesGcm(key, AesGcm.TagByteSizes.MaxSize);
            aes.Decrypt(Bytes(element, "nonce"), encrypted, tag, clear, Context(by));
            return XElement.Parse(Encoding.UTF8.GetString(clear));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public static string WrappedBy(XElement element) => (string?)element.Attribute("by") ?? "";

    private static byte[] Context(string by) => Encoding.UTF8.GetBytes($"NotificationHub key ring\n{Algorithm}\n{by}");

    private static XElement Base64(string name, byte[] bytes) => new(name, Convert.ToBase64String(bytes));

    private static byte[] Bytes(XElement element, string name) =>
        Convert.FromBase64String(element.Element(name)?.Value ?? "");
}

/// <summary>Wraps the secrets that Data Protection is about to store.</summary>
internal sealed class WrappedSecretEncryptor(IKeyWrap wrap) : IXmlEncryptor
{
    public EncryptedXmlInfo Encrypt(XElement plaintextElement) =>
        new(WrappedSecret.Seal(plaintextElement, wrap), typeof(WrappedSecretDecryptor));
}

/// <summary>What Data Protection makes by the name that is stored with the secret: name, namespace and constructor must stay.</summary>
internal sealed class WrappedSecretDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement) =>
        WrappedSecret.Open(encryptedElement, services.GetRequiredService<KeyWraps>());
}
