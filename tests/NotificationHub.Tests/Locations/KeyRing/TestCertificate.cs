using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>Files with a certificate of their own. It has expired, which must be of no account.</summary>
internal static class TestCertificate
{
    public static string WritePem(TemporaryFolder folder, string name, int keySize = 2048)
    {
        using var key = RSA.Create(keySize);
        using var certificate = Create(key);
        var path = folder.File($"{name}.pem");
        File.WriteAllText(path, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return path;
    }

    public static string WriteEncryptedPem(TemporaryFolder folder, string name, string password)
    {
        using var key = RSA.Create(2048);
        using var certificate = Create(key);
        var path = folder.File($"{name}.pem");
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
        File.WriteAllText(
            path,
            $"{certificate.ExportCertificatePem()}\n{key.ExportEncryptedPkcs8PrivateKeyPem(password, parameters)}\n"
        );
        return path;
    }

    public static string WritePfx(TemporaryFolder folder, string name, string? password)
    {
        using var key = RSA.Create(2048);
        using var certificate = Create(key);
        var path = folder.File($"{name}.pfx");
        File.WriteAllBytes(path, certificate.Export(X509ContentType.Pfx, password));
        return path;
    }

    public static string WriteWithoutKey(TemporaryFolder folder, string name)
    {
        using var key = RSA.Create(2048);
        using var certificate = Create(key);
        var path = folder.File($"{name}.pem");
        File.WriteAllText(path, certificate.ExportCertificatePem());
        return path;
    }

    private static X509Certificate2 Create(RSA key) =>
        new CertificateRequest(
            "CN=key ring",
            key,
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1
        ).CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero)
        );
}
