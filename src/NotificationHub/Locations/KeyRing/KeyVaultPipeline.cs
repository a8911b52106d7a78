using Azure.Core;
using Azure.Core.Pipeline;

namespace NotificationHub.Locations.KeyRing;

/// <summary>Azure.Core's pipeline to a Key Vault, entered with the hub's identity.</summary>
/// <param name="credential">Asked for when the first vault is.</param>
/// <param name="transport">What carries the requests; Azure.Core's own by default.</param>
internal sealed class KeyVaultPipeline(Func<TokenCredential> credential, HttpPipelineTransport? transport = null)
{
    /// <summary>The clouds' vaults. A token must not go to any other host.</summary>
    private static readonly string[] Domains =
    [
        "vault.azure.net",
        "vault.azure.cn",
        "vault.usgovcloudapi.net",
        "managedhsm.azure.net",
    ];

    public static bool IsVault(Uri key) => DomainOf(key) is not null;

    public HttpPipeline To(Uri key)
    {
        var options = new KeyVaultClientOptions();
        options.Diagnostics.ApplicationId = "NotificationHub";
        options.Diagnostics.IsLoggingContentEnabled = false;
        // The hub starts, and receives, while the vault cannot be reached: it may not wait for it for long.
        options.Retry.MaxRetries = 1;
        if (transport is not null)
        {
            options.Transport = transport;
        }

        return HttpPipelineBuilder.Build(
            options,
            new BearerTokenAuthenticationPolicy(credential(), $"https://{DomainOf(key)}/.default")
        );
    }

    private static string? DomainOf(Uri key) =>
        Array.Find(Domains, domain => key.Host.EndsWith($".{domain}", StringComparison.OrdinalIgnoreCase));

    private sealed class KeyVaultClientOptions : ClientOptions;
}
