using System.Xml.Linq;
using Azure.Core;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Options;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Locations.KeyRing;

internal static class KeyRingSetup
{
    public static void AddKeyRing(this HubBuilder hub)
    {
        var options = hub.AddOptions(KeyRingOptions.Section, new KeyRingOptionsValidator());
        if (hub.OptionsOf<StorageOptions>().IsSqlServer && !options.HasCertificate && !hub.Environment.IsDevelopment())
        {
            hub.AddError(
                KeyRingOptions.Section,
                "On SQL Server, the key ring is in the same database as the content tokens, so a certificate must protect it: set "
                    + "KeyRing:KeyVaultCertificate (the identifier of a certificate in Key Vault) or KeyRing:CertificateFile (a PFX file with its private key)"
            );
        }

        hub.Services.AddSingleton(options);
        hub.Services.AddSingleton(services =>
            ActivatorUtilities.CreateInstance<KeyRingRepository>(
                services,
                services.GetRequiredService<IOptions<StorageOptions>>().Value
            )
        );
        hub.Services.AddSingleton(services => new KeyVaultCertificates(
            services.GetRequiredService<TokenCredential>,
            services.GetRequiredService<TimeProvider>()
        ));
        hub.Services.AddSingleton<HubKeyRing>();
        hub.Services.AddWorker<KeyRingOpener>();
        // Cookies and antiforgery tokens: every replica accepts them.
        hub.Services.AddSingleton<IDataProtectionProvider, KeyRingProtection>();
        // AddAuthentication brings another key ring, which the hub does not use: its key stays in memory.
        hub.Services.Configure<KeyManagementOptions>(keys =>
        {
            keys.XmlRepository = new MemoryRepository();
            keys.XmlEncryptor = new NullXmlEncryptor();
        });
    }

    private sealed class MemoryRepository : IXmlRepository
    {
        private readonly List<XElement> elements = [];

        public IReadOnlyCollection<XElement> GetAllElements() => [.. elements];

        public void StoreElement(XElement element, string friendlyName) => elements.Add(element);
    }
}

/// <summary>Opens the key ring of a serving hub, and reloads it when a content token cannot be decrypted. Key Vault does not delay the start.</summary>
internal sealed class KeyRingOpener(HubKeyRing keys, KeyRingOptions options, TimeProvider time) : BackgroundService
{
    public static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(30);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.UsesKeyVault)
        {
            await keys.OpenAsync(createsKeys: true, cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isLoaded = keys.IsOpen;
        while (true)
        {
            var failed = keys.FailedDecryption;
            isLoaded = isLoaded || await keys.OpenAsync(createsKeys: true, stoppingToken);
            await Task.Delay(RetryDelay, time, stoppingToken);
            if (isLoaded)
            {
                await failed.WaitAsync(stoppingToken);
                isLoaded = false;
            }
        }
    }
}
