using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace NotificationHub.Locations.KeyRing;

/// <summary>The form in which Data Protection stores its keys, as far as the hub must know it to take a ring over and to judge it.</summary>
internal static class KeyRingXml
{
    private static readonly XNamespace DataProtection = "http://schemas.asp.net/2015/03/dataProtection";
    private static readonly XName EncryptedSecret = DataProtection + "encryptedSecret";
    private static readonly XName RequiresEncryption = DataProtection + "requiresEncryption";
    private const string DecryptorType = "decryptorType";

    /// <summary>Whether it holds a secret that anyone can read.</summary>
    public static bool IsClear(XElement element) => Secrets(element).Any();

    /// <summary>Who wrapped its secrets, if the hub did.</summary>
    public static string? WrappedBy(XElement element) =>
        element.Descendants(WrappedSecret.ElementName).Select(WrappedSecret.WrappedBy).FirstOrDefault();

    public static bool IsKey(XElement element) => element.Name == "key";

    /// <summary>A copy with every secret encrypted, as Data Protection itself encrypts those that it stores.</summary>
    public static XElement Encrypt(XElement element, IXmlEncryptor encryptor)
    {
        var copy = new XElement(element);
        foreach (var secret in Secrets(copy).ToArray())
        {
            var encrypted = encryptor.Encrypt(new XElement(secret));
            secret.ReplaceWith(
                new XElement(
                    EncryptedSecret,
                    new XAttribute(DecryptorType, encrypted.DecryptorType.AssemblyQualifiedName!),
                    encrypted.EncryptedElement
                )
            );
        }

        return copy;
    }

    /// <summary>A copy that names the decryptor without the version of its assembly: an older replica could not load a newer one.</summary>
    public static XElement WithoutVersion(XElement element)
    {
        var copy = new XElement(element);
        foreach (
            var type in copy.DescendantsAndSelf(EncryptedSecret).Attributes(DecryptorType).Where(type => IsOurs(type))
        )
        {
            type.Value =
                $"{typeof(WrappedSecretDecryptor).FullName}, {typeof(WrappedSecretDecryptor).Assembly.GetName().Name}";
        }

        return copy;
    }

    private static bool IsOurs(XAttribute type) =>
        type.Value.StartsWith($"{typeof(WrappedSecretDecryptor).FullName},", StringComparison.Ordinal);

    private static IEnumerable<XElement> Secrets(XElement element) =>
        element.DescendantsAndSelf().Where(one => (bool?)one.Attribute(RequiresEncryption) == true);
}
