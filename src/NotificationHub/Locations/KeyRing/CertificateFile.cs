using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NotificationHub.Locations.KeyRing;

/// <summary>A certificate with its private key, in a PEM or a PFX file.</summary>
internal static class CertificateFile
{
    private const int SmallestKey = 2048;

    /// <returns>Why the file cannot be used; null where it can.</returns>
    public static string? FaultOf(string path, string? password)
    {
        try
        {
            using var certificate = Load(path, password);
            using var key = certificate.GetRSAPrivateKey();
            return key is null ? $"{path} holds no RSA private key; put the key into it, beside the certificate"
                : key.KeySize < SmallestKey ? $"the RSA key in {path} must have {SmallestKey} bits at least"
                : null;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"{path} cannot be read as a PEM or PFX file with a certificate and its private key: {exception.Message} "
                + "(Locations:KeyRingCertificatePassword is for files that need one)";
        }
    }

    public static X509Certificate2 Load(string path, string? password)
    {
        if (!IsPem(path))
        {
            return X509CertificateLoader.LoadPkcs12FromFile(path, password);
        }

        return File.ReadAllText(path).Contains("BEGIN ENCRYPTED PRIVATE KEY", StringComparison.Ordinal)
            ? X509Certificate2.CreateFromEncryptedPemFile(path, password)
            : X509Certificate2.CreateFromPemFile(path);
    }

    // A PFX begins with the tag of an ASN.1 sequence.
    private static bool IsPem(string path)
    {
        using var file = File.OpenRead(path);
        return file.ReadByte() is not 0x30;
    }
}
