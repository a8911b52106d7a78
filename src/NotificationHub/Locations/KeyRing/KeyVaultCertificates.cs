using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;

namespace NotificationHub.Locations.KeyRing;

/// <summary>Loads certificates with their private keys from Key Vault, which keeps them as secrets of the same name.</summary>
/// <param name="credential">Created when the first vault is called.</param>
/// <param name="transport">Carries the requests; null for the SDK's own.</param>
internal sealed class KeyVaultCertificates(
    Func<TokenCredential> credential,
    TimeProvider time,
    HttpPipelineTransport? transport = null
)
{
    private const string Pem = "application/x-pem-file";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public static bool IsIdentifier(Uri id) =>
        id is { IsAbsoluteUri: true, Scheme: "https", UserInfo: "", Query: "", Fragment: "", Segments.Length: 3 or 4 }
        && id.Segments[1].Equals("certificates/", StringComparison.OrdinalIgnoreCase);

    /// <summary>The identified version or, without one, all enabled versions, the newest first: a renewed certificate has another key.</summary>
    /// <exception cref="KeyRingException">There is none that can be used; the message says what to do.</exception>
    public IReadOnlyList<X509Certificate2> Load(Uri id)
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        try
        {
            return Download(id, timeout.Token);
        }
        catch (Exception exception)
            when (exception
                    is RequestFailedException
                        or AuthenticationFailedException
                        or CryptographicException
                        or ArgumentException
                        or FormatException
                        or InvalidOperationException
                        or OperationCanceledException
                        or AggregateException
            )
        {
            throw new KeyRingException(
                $"Could not load the certificate {id} from Key Vault: {Explain(exception)}",
                exception
            );
        }
    }

    private List<X509Certificate2> Download(Uri id, CancellationToken cancellationToken)
    {
        var secrets = CreateClient(new Uri(id.GetLeftPart(UriPartial.Authority)));
        var name = id.Segments[2].TrimEnd('/');
        string[] versions =
            id.Segments.Length == 4
                ? [id.Segments[3].TrimEnd('/')]
                :
                [
                    .. secrets
                        .GetPropertiesOfSecretVersions(name, cancellationToken)
                        .Where(version => version.Enabled is not false)
                        .OrderByDescending(version => version.CreatedOn)
                        .Select(version => version.Version),
                ];
        List<X509Certificate2> certificates = [];
        foreach (var version in versions)
        {
            var certificate = Parse(secrets.GetSecret(name, version, null, cancellationToken));
            certificates.Add(
                CertificateFile.FindError(certificate) is { } error
                    ? throw new InvalidOperationException($"version {version} {error}.")
                    : certificate
            );
        }

        return certificates.Count > 0
            ? certificates
            : throw new InvalidOperationException("it has no enabled version. Enable one, or create the certificate.");
    }

    private static X509Certificate2 Parse(KeyVaultSecret secret) =>
        secret.Properties.ContentType == Pem
            ? X509Certificate2.CreateFromPem(secret.Value, secret.Value)
            : X509CertificateLoader.LoadPkcs12(
                Convert.FromBase64String(secret.Value),
                null,
                CertificateFile.KeyStorage
            );

    private SecretClient CreateClient(Uri vault)
    {
        var options = new SecretClientOptions();
        options.Diagnostics.IsLoggingEnabled = false;
        options.Retry.MaxRetries = 1;
        if (transport is not null)
        {
            options.Transport = transport;
        }

        return new SecretClient(vault, credential(), options);
    }

    private static string Explain(Exception exception) =>
        exception switch
        {
            RequestFailedException { Status: 401 or 403 } =>
                "the vault refuses the hub's identity. Assign it the role Key Vault Secrets User on the vault, and allow the hub's network.",
            RequestFailedException { Status: 404 } =>
                "it does not exist. Create or recover it, or correct the setting.",
            RequestFailedException { Status: > 0 } response =>
                $"the vault responded {response.Status}. The hub retries.",
            AuthenticationFailedException => "Microsoft Entra ID did not confirm the hub's identity. The hub retries.",
            InvalidOperationException => exception.Message,
            CryptographicException or FormatException or ArgumentException =>
                "it has no exportable private key. Create it with an exportable RSA key.",
            _ => "the vault cannot be reached or does not respond in time. The hub retries.",
        };
}
