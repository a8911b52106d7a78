using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NotificationHub.Locations.KeyRing;

// An expired certificate is accepted: it only encrypts, and no party has to trust it.
internal static class CertificateFile
{
    private const int MinKeySize = 2048;

    // Without a copy of the private key on disk, which macOS cannot do.
    public static X509KeyStorageFlags KeyStorage =>
        OperatingSystem.IsMacOS() ? X509KeyStorageFlags.DefaultKeySet : X509KeyStorageFlags.EphemeralKeySet;

    public static X509Certificate2 Load(string path, string? password)
    {
        try
        {
            return Check(X509CertificateLoader.LoadPkcs12FromFile(path, password, KeyStorage), path);
        }
        catch (Exception exception)
            when (exception
                    is IOException
                        or UnauthorizedAccessException
                        or CryptographicException
                        and not KeyRingException
            )
        {
            throw new KeyRingException(
                $"{path} cannot be read as a PFX file: {exception.Message} Check the path, the file's permissions and the password; "
                    + "`openssl pkcs12 -export` makes a PFX file of PEM files.",
                exception
            );
        }
    }

    public static X509Certificate2 Check(X509Certificate2 certificate, string name)
    {
        using var key = certificate.GetRSAPrivateKey();
        return key is null
                ? throw new KeyRingException(
                    $"{name} has no RSA private key: export the certificate together with its private key."
                )
            : key.KeySize < MinKeySize
                ? throw new KeyRingException(
                    $"{name} has an RSA key of {key.KeySize} bits: use one of {MinKeySize} bits or more."
                )
            : certificate;
    }

    public static string Describe(X509Certificate2 certificate) => $"{certificate.Subject} ({certificate.Thumbprint})";
}
