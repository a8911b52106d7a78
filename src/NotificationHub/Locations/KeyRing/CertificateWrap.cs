using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NotificationHub.Locations.KeyRing;

/// <summary>Wraps with a certificate's RSA key. When the certificate expires is of no account: nobody is asked to trust it.</summary>
internal sealed class CertificateWrap(X509Certificate2 certificate) : IKeyWrap, IDisposable
{
    private readonly string identity = $"certificate:{certificate.GetCertHashString(HashAlgorithmName.SHA256)}";

    public WrappedKey Wrap(byte[] secret)
    {
        using var rsa = certificate.GetRSAPublicKey()!;
        return new WrappedKey(identity, rsa.Encrypt(secret, RSAEncryptionPadding.OaepSHA256));
    }

    public bool Knows(string wrappedBy) => wrappedBy == identity;

    public byte[] Unwrap(WrappedKey wrapped)
    {
        using var rsa = certificate.GetRSAPrivateKey()!;
        return rsa.Decrypt(wrapped.Bytes, RSAEncryptionPadding.OaepSHA256);
    }

    public void Dispose() => certificate.Dispose();
}
