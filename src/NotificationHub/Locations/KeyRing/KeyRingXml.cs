using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace NotificationHub.Locations.KeyRing;

/// <summary>The documented XML of Data Protection's keys.</summary>
internal static class KeyRingXml
{
    private static readonly XNamespace DataProtection = "http://schemas.asp.net/2015/03/dataProtection";
    private static readonly XName RequiresEncryption = DataProtection + "requiresEncryption";
    private static readonly XName Certificate = XName.Get("X509Certificate", "http://www.w3.org/2000/09/xmldsig#");

    public static bool IsKey(XElement element) => element.Name == "key";

    /// <summary>Whether it has a secret that is not encrypted.</summary>
    public static bool IsUnprotected(XElement element) => Secrets(element).Any();

    /// <summary>The certificate, without private key, that encrypts its secret; null if there is none.</summary>
    public static X509Certificate2? FindCertificate(XElement element) =>
        element.Descendants(Certificate).FirstOrDefault() is { } encoded
            ? X509CertificateLoader.LoadCertificate(Convert.FromBase64String(encoded.Value))
            : null;

    /// <summary>A copy whose clear secrets are encrypted, in the form in which Data Protection stores a key.</summary>
    public static XElement Protect(XElement element, IXmlEncryptor encryptor)
    {
        var copy = new XElement(element);
        foreach (var secret in Secrets(copy).ToArray())
        {
            var encrypted = encryptor.Encrypt(new XElement(secret));
            secret.ReplaceWith(
                new XElement(
                    DataProtection + "encryptedSecret",
                    new XAttribute("decryptorType", encrypted.DecryptorType.AssemblyQualifiedName!),
                    encrypted.EncryptedElement
                )
            );
        }

        return copy;
    }

    private static IEnumerable<XElement> Secrets(XElement element) =>
        element.Descendants().Where(one => (bool?)one.Attribute(RequiresEncryption) == true);
}
