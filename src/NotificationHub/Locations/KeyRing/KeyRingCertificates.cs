using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;

namespace NotificationHub.Locations.KeyRing;

/// <summary>Loads certificates with their private keys from Key Vault, which stores them as secrets of the same name.</summary>
internal sealed class KeyVaultCertificates(
    Func<TokenCredential> credential,
    TimeProvider time,
    HttpPipelineTransport? transport = null
)
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public static bool IsIdentifier(Uri id) =>
        id is { IsAbsoluteUri: true, Scheme: "https", UserInfo: "", Query: "", Fragment: "", Segments.Length: 3 or 4 }
        && id.Segments[1].Equals("certificates/", StringComparison.OrdinalIgnoreCase);

    /// <summary>Loads the given version or, without one, all enabled versions, newest first: a renewed certificate has another key.</summary>
    public async Task<IReadOnlyList<X509Certificate2>> LoadAsync(Uri id, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await DownloadAsync(id, either.Token);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KeyRingException(
                $"Could not load the certificate {id} from Key Vault: {Explain(exception)}",
                exception
            );
        }
    }

    private async Task<IReadOnlyList<X509Certificate2>> DownloadAsync(Uri id, CancellationToken cancellationToken)
    {
        // KeyRingOpener retries.
        var options = new SecretClientOptions
        {
            Retry = { MaxRetries = 0 },
            Diagnostics = { IsLoggingEnabled = false },
        };
        options.Transport = transport ?? options.Transport;
        var secrets = new SecretClient(new Uri(id.GetLeftPart(UriPartial.Authority)), credential(), options);
        var name = id.Segments[2].TrimEnd('/');
        List<string> versions =
            id.Segments.Length == 4
                ? [id.Segments[3].TrimEnd('/')]
                : await secrets
                    .GetPropertiesOfSecretVersionsAsync(name, cancellationToken)
                    .Where(version => version.Enabled is not false)
                    .OrderByDescending(version => version.CreatedOn)
                    .Select(version => version.Version)
                    .ToListAsync(cancellationToken);
        List<X509Certificate2> certificates = [];
        foreach (var version in versions)
        {
            KeyVaultSecret secret = await secrets.GetSecretAsync(name, version, null, cancellationToken);
            certificates.Add(CertificateFile.Check(Parse(secret), $"its version {version}"));
        }

        return certificates.Count > 0
            ? certificates
            : throw new KeyRingException("it has no enabled version. Enable one, or create the certificate.");
    }

    private static X509Certificate2 Parse(KeyVaultSecret secret) =>
        X509CertificateLoader.LoadPkcs12(Convert.FromBase64String(secret.Value), null, CertificateFile.KeyStorage);

    private static string Explain(Exception exception) =>
        exception switch
        {
            KeyRingException => exception.Message,
            RequestFailedException { Status: 401 or 403 } =>
                "the vault refuses the hub's identity. Assign it the role Key Vault Secrets User on the vault, and allow the hub's network.",
            RequestFailedException { Status: 404 } =>
                "it does not exist. Create or recover it, or correct the setting.",
            RequestFailedException { Status: > 0 } response => $"the vault responded {response.Status}.",
            AuthenticationFailedException => "Microsoft Entra ID did not confirm the hub's identity.",
            RequestFailedException or OperationCanceledException or AggregateException =>
                "the vault cannot be reached or does not respond in time.",
            CryptographicException or FormatException or ArgumentException =>
                "it is not PKCS #12 with a private key. Create it with an exportable RSA key and the content type application/x-pkcs12.",
            _ => exception.Message,
        };
}

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
