using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;

namespace NotificationHub.Locations.KeyRing;

internal static class KeyRingXml
{
    private static readonly XName RequiresEncryption = XName.Get(
        "requiresEncryption",
        "http://schemas.asp.net/2015/03/dataProtection"
    );

    private static readonly XName Certificate = XName.Get("X509Certificate", "http://www.w3.org/2000/09/xmldsig#");

    public static bool IsKey(XElement element) => element.Name == "key";

    public static bool IsUnprotected(XElement element) =>
        element.Descendants().Any(one => (bool?)one.Attribute(RequiresEncryption) == true);

    public static X509Certificate2? FindCertificate(XElement element) =>
        element.Descendants(Certificate).FirstOrDefault() is { } encoded
            ? X509CertificateLoader.LoadCertificate(Convert.FromBase64String(encoded.Value))
            : null;
}
