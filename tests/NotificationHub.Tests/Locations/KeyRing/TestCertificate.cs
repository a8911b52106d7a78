using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>PFX files, each with a certificate of its own. It has expired, which must not matter.</summary>
internal static class TestCertificate
{
    public static string WritePfx(TemporaryFolder folder, string name, string? password = null, int keySize = 2048)
    {
        var path = folder.File($"{name}.pfx");
        File.WriteAllBytes(path, CreatePfx(password, keySize));
        return path;
    }

    public static string WriteWithoutKey(TemporaryFolder folder, string name)
    {
        using var certificate = X509CertificateLoader.LoadPkcs12(CreatePfx(), null);
        using var withoutKey = X509CertificateLoader.LoadCertificate(certificate.RawData);
        var path = folder.File($"{name}.pfx");
        File.WriteAllBytes(path, withoutKey.Export(X509ContentType.Pfx)!);
        return path;
    }

    public static byte[] CreatePfx(string? password = null, int keySize = 2048)
    {
        using var key = RSA.Create(keySize);
        var request = new CertificateRequest("CN=key ring", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero)
        );
        return certificate.Export(X509ContentType.Pfx, password)!;
    }
}
