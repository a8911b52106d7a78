using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NotificationHub.Diagnostics;

namespace NotificationHub.Drill;

/// <summary>Issues certificates for the ingress. Their lifetimes follow the drill's clock.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    public const string Host = "localhost";

    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);

    private readonly TimeProvider time;
    private readonly X509Certificate2 authority;

    public CertificateAuthority(TimeProvider time)
    {
        this.time = time;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Drill", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = time.GetUtcNow();
        authority = request.CreateSelfSigned(now.AddYears(-2), now.AddYears(2));
    }

    public CertificateTrust Trust => new(authority);

    /// <summary>Issues a certificate that expires after <paramref name="left"/>.</summary>
    public X509Certificate2 Issue(TimeSpan left, string host = Host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var until = time.GetUtcNow() + left;
        using var issued = request.Create(authority, until - Lifetime, until, RandomNumberGenerator.GetBytes(8));
        using var complete = issued.CopyWithPrivateKey(key);
        // Windows cannot use a key in memory for TLS.
        return X509CertificateLoader.LoadPkcs12(complete.Export(X509ContentType.Pfx), password: null);
    }

    /// <summary>Verifies like Apple and the test sites, by the drill's clock.</summary>
    public bool Verify(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        using var own = new X509Chain { ChainPolicy = Trust.CreatePolicy(time.GetUtcNow()) };
        return certificate is X509Certificate2 presented
            && !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            && own.Build(presented);
    }

    public void Dispose() => authority.Dispose();
}
