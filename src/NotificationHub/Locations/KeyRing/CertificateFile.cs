using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NotificationHub.Locations.KeyRing;

/// <summary>A certificate with its private key in a PFX file.</summary>
internal static class CertificateFile
{
    private const int MinKeySize = 2048;

    // Without a copy of the private key on disk, which macOS cannot do.
    public static X509KeyStorageFlags KeyStorage =>
        OperatingSystem.IsMacOS() ? X509KeyStorageFlags.DefaultKeySet : X509KeyStorageFlags.EphemeralKeySet;

    public static X509Certificate2 Load(string path, string? password) =>
        X509CertificateLoader.LoadPkcs12FromFile(path, password, KeyStorage);

    /// <returns>Why the file cannot be used, and what to do; null if it can.</returns>
    public static string? FindError(string path, string? password)
    {
        try
        {
            using var certificate = Load(path, password);
            return FindError(certificate) is { } error ? $"{path} {error}" : null;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"{path} cannot be read as a PFX file: {exception.Message} Check the path, the file's permissions and the password; "
                + "`openssl pkcs12 -export` makes a PFX file of PEM files";
        }
    }

    /// <summary>A certificate that has expired is accepted: it only encrypts, and no party has to trust it.</summary>
    public static string? FindError(X509Certificate2 certificate)
    {
        using var key = certificate.GetRSAPrivateKey();
        return key is null ? "has no RSA private key: export the certificate together with its private key"
            : key.KeySize < MinKeySize ? $"has an RSA key of {key.KeySize} bits: use one of {MinKeySize} bits or more"
            : null;
    }

    public static string Describe(X509Certificate2 certificate) => $"{certificate.Subject} ({certificate.Thumbprint})";
}
