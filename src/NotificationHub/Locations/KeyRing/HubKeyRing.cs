using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using NotificationHub.Storage;

namespace NotificationHub.Locations.KeyRing;

internal sealed class KeyRingException(string message, Exception? innerException = null)
    : CryptographicException(message, innerException);

// Data Protection needs its certificates when it is configured, and Key Vault may be unavailable then. So it has its own service provider.
// Only OpenAsync calls Key Vault; every use before fails at once.
internal sealed partial class HubKeyRing(
    KeyRingOptions options,
    KeyRingRepository repository,
    KeyVaultCertificates vaults,
    ILoggerFactory loggers
) : IDataProtectionProvider
{
    private readonly ILogger logger = loggers.CreateLogger<HubKeyRing>();
    private readonly Signal failedDecryption = new();
    private volatile ServiceProvider? opened;
    private volatile string? problem =
        "The key ring is not open yet: its certificates are being loaded. Try again in a few seconds.";
    private volatile string missing = "";

    public bool IsOpen => opened is not null;

    /// <summary>Why the last load failed, and what to do; null if it succeeded.</summary>
    public string? Problem => problem;

    // Another replica may have added the key.
    /// <summary>Completes when a content token cannot be decrypted.</summary>
    public Task FailedDecryption => failedDecryption.Next;

    public IServiceProvider Services => opened ?? throw new KeyRingException(problem ?? "The key ring is not open.");

    public IDataProtector CreateProtector(string purpose) =>
        Services.GetRequiredService<IDataProtectionProvider>().CreateProtector(purpose);

    /// <summary>Loads the certificates and the keys. If this fails, the keys that were loaded before stay in use.</summary>
    /// <param name="createsKeys">Whether a key is created if none is usable, as in a serving hub.</param>
    public async Task<bool> OpenAsync(bool createsKeys, CancellationToken cancellationToken)
    {
        try
        {
            var certificates = await LoadCertificatesAsync(cancellationToken);
            var services = Create(certificates, createsKeys);
            if (createsKeys)
            {
                services.GetRequiredService<IDataProtectionProvider>().CreateProtector("first key").Protect([]);
            }

            missing = FindMissing(certificates);
            // The previous services are not disposed, because they may still be in use.
            opened = services;
            problem = null;
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var found =
                exception is KeyRingException ? exception.Message : $"Its keys are unavailable: {exception.Message}";
            if (problem != found)
            {
                Log.Failed(logger, found);
            }

            problem = found;
            return false;
        }
    }

    /// <summary>Opens the key ring for reading, except in a serving hub, which opens it itself to create keys as well.</summary>
    public async Task EnsureOpenAsync(CancellationToken cancellationToken)
    {
        if (!IsOpen)
        {
            await OpenAsync(createsKeys: false, cancellationToken);
        }
    }

    /// <summary>Explains why a content token cannot be decrypted, and makes the hub reload the key ring.</summary>
    public KeyRingException Explain(CryptographicException failure)
    {
        failedDecryption.Raise();
        return new KeyRingException(
            $"The key ring in {repository.Place} lacks the key that encrypted it, or cannot decrypt that key.{missing}",
            failure
        );
    }

    private ServiceProvider Create(List<X509Certificate2> certificates, bool createsKeys)
    {
        var services = new ServiceCollection();
        services.AddSingleton(loggers);
        var protection = services.AddDataProtection().SetApplicationName("NotificationHub");
        services.Configure<KeyManagementOptions>(keys =>
        {
            keys.XmlRepository = repository;
            keys.AutoGenerateKeys = createsKeys;
        });
        if (certificates is [var current, .. var previous])
        {
            protection.ProtectKeysWithCertificate(current).UnprotectKeysWithAnyCertificate([.. previous]);
        }

        return services.BuildServiceProvider();
    }

    /// <returns>The first one protects new keys.</returns>
    private async Task<List<X509Certificate2>> LoadCertificatesAsync(CancellationToken cancellationToken)
    {
        List<X509Certificate2> certificates = [];
        if (options.CertificateFile is { Length: > 0 } current)
        {
            certificates.Add(CertificateFile.Load(current, options.CertificatePassword));
        }

        if (options.KeyVaultCertificate is { } newest)
        {
            certificates.AddRange(await vaults.LoadAsync(newest, cancellationToken));
        }

        foreach (var path in options.PreviousCertificateFiles)
        {
            certificates.Add(CertificateFile.Load(path, options.PreviousCertificatePassword));
        }

        foreach (var id in options.PreviousKeyVaultCertificates)
        {
            certificates.AddRange(await vaults.LoadAsync(id, cancellationToken));
        }

        return certificates;
    }

    private string FindMissing(List<X509Certificate2> certificates)
    {
        var needed = repository
            .GetAllElements()
            .Select(KeyRingXml.FindCertificate)
            .OfType<X509Certificate2>()
            .ExceptBy(certificates.Select(one => one.Thumbprint), one => one.Thumbprint)
            .Select(CertificateFile.Describe)
            .ToList();
        return needed.Count == 0
            ? ""
            : $" It has keys that only these certificates decrypt, which are not configured: {string.Join(", ", needed)}. Add them to "
                + "KeyRing:PreviousCertificateFiles or KeyRing:PreviousKeyVaultCertificates, or enable these versions in Key Vault.";
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "Could not open the key ring. Content tokens cannot be decrypted; notifications are still accepted. {Error}"
        )]
        public static partial void Failed(ILogger logger, string error);
    }
}

/// <summary>The hub's key ring for services that create their protector once, perhaps before the key ring is open.</summary>
internal sealed class KeyRingProtection(HubKeyRing keys) : IDataProtectionProvider
{
    public IDataProtector CreateProtector(string purpose) => new Protector(keys, [purpose]);

    private sealed class Protector(HubKeyRing keys, string[] purposes) : IDataProtector
    {
        public IDataProtector CreateProtector(string purpose) => new Protector(keys, [.. purposes, purpose]);

        public byte[] Protect(byte[] plaintext) => Open().Protect(plaintext);

        public byte[] Unprotect(byte[] protectedData) => Open().Unprotect(protectedData);

        private IDataProtector Open() =>
            keys.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector(purposes);
    }
}
