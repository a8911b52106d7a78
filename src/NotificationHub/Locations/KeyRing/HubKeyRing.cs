using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;

namespace NotificationHub.Locations.KeyRing;

/// <summary>
/// Data Protection for content tokens. It needs the certificate when it is configured, and Key Vault may be unavailable then: so it has a
/// service provider of its own, built on first use and again when a content token cannot be decrypted.
/// </summary>
internal sealed partial class HubKeyRing(
    KeyRingOptions options,
    KeyRingPlace place,
    KeyVaultCertificates vaults,
    Database database,
    TimeProvider time,
    ILoggerFactory loggers
) : IDataProtectionProvider
{
    /// <summary>The pause between two attempts to load the certificates.</summary>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private readonly ILogger logger = loggers.CreateLogger<HubKeyRing>();
    private readonly KeyRingRepository table = new(database, time);
    private volatile ServiceProvider? opened;
    private volatile string? problem;
    private long triedAt;

    /// <summary>Why it is not open, and what to do; null if it is, or was not used yet.</summary>
    public string? Problem => problem;

    /// <exception cref="KeyRingException">The certificates cannot be loaded now.</exception>
    public IDataProtector CreateProtector(string purpose) =>
        Open().GetRequiredService<IDataProtectionProvider>().CreateProtector(purpose);

    /// <summary>Data Protection's services.</summary>
    /// <exception cref="KeyRingException">The certificates cannot be loaded now.</exception>
    public IServiceProvider Open()
    {
        if (opened is { } ready)
        {
            return ready;
        }

        lock (gate)
        {
            return opened ?? (problem is { } recent && IsTooEarly ? throw new KeyRingException(recent) : Load());
        }
    }

    /// <summary>Loads certificates and keys again: another replica may have a new key, under a new certificate.</summary>
    /// <returns>Whether it did; false if that failed, or was just done.</returns>
    public bool Reload()
    {
        lock (gate)
        {
            if (IsTooEarly)
            {
                return false;
            }

            try
            {
                Load();
                return true;
            }
            catch (KeyRingException exception)
            {
                // The keys that were loaded before still serve the other locations.
                Log.Failed(logger, exception.Message);
                return false;
            }
        }
    }

    /// <summary>Copies the keys of a folder into the database, protected by the certificate.</summary>
    /// <returns>How many were new there.</returns>
    public int Import(string folder) => Import(folder, EncryptorOf(Open()));

    private bool IsTooEarly => time.GetElapsedTime(triedAt) < RetryDelay;

    private ServiceProvider Load()
    {
        triedAt = time.GetTimestamp();
        try
        {
            var services = Create(LoadCertificates());
            if (place.InDatabase)
            {
                ProtectStored(EncryptorOf(services));
                Import(place.Folder, EncryptorOf(services));
            }

            problem = null;
            // The services before are not disposed: they may still be in use.
            return opened = services;
        }
        catch (KeyRingException exception) when (opened is null)
        {
            if (problem != exception.Message)
            {
                Log.Failed(logger, exception.Message);
            }

            problem = exception.Message;
            throw;
        }
    }

    private ServiceProvider Create(X509Certificate2[] certificates)
    {
        var services = new ServiceCollection();
        services.AddSingleton(loggers);
        var protection = services.AddDataProtection().SetApplicationName("NotificationHub");
        services.Configure<KeyManagementOptions>(keys =>
            keys.XmlRepository = place.InDatabase ? table : new KeyRingFolder(new DirectoryInfo(place.Folder), loggers)
        );
        if (certificates is [var current, .. var previous])
        {
            protection.ProtectKeysWithCertificate(current).UnprotectKeysWithAnyCertificate([.. previous]);
        }

        return services.BuildServiceProvider();
    }

    /// <summary>The one that protects new keys first, if there is one.</summary>
    private X509Certificate2[] LoadCertificates()
    {
        List<X509Certificate2> certificates = [];
        if (options.KeyVaultCertificate is { } id)
        {
            certificates.AddRange(vaults.Load(id));
        }
        else if (options.CertificateFile is { Length: > 0 } path)
        {
            certificates.Add(LoadFile(path, options.CertificatePassword));
        }

        return
        [
            .. certificates,
            .. options.PreviousCertificateFiles.Select(file => LoadFile(file, options.PreviousCertificatePassword)),
            .. options.PreviousKeyVaultCertificates.SelectMany(vaults.Load),
        ];
    }

    private static X509Certificate2 LoadFile(string path, string? password) =>
        CertificateFile.FindError(path, password) is { } error
            ? throw new KeyRingException(error)
            : CertificateFile.Load(path, password);

    private static IXmlEncryptor? EncryptorOf(IServiceProvider services) =>
        services.GetRequiredService<IOptions<KeyManagementOptions>>().Value.XmlEncryptor;

    private void ProtectStored(IXmlEncryptor? encryptor)
    {
        foreach (var row in table.ReadAsync(CancellationToken.None).GetAwaiter().GetResult())
        {
            var element = XElement.Parse(row.Xml);
            if (encryptor is not null && KeyRingXml.IsUnprotected(element))
            {
                table.Replace(row.Id, KeyRingXml.Protect(element, encryptor));
                Log.Protected(logger, row.FriendlyName);
            }
        }
    }

    private int Import(string folder, IXmlEncryptor? encryptor)
    {
        var imported = 0;
        foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.xml") : [])
        {
            var element = XElement.Load(file);
            var stored = encryptor is null ? element : KeyRingXml.Protect(element, encryptor);
            if (table.Add(stored, Path.GetFileNameWithoutExtension(file)))
            {
                imported++;
                Log.Imported(logger, file);
            }
        }

        return imported;
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "The key ring cannot be opened, so that content tokens are unreadable; notifications are received: {Problem}"
        )]
        public static partial void Failed(ILogger logger, string problem);

        [LoggerMessage(
            LogLevel.Information,
            "The key in {File} was imported into the database. Delete the folder once every replica has its keys there."
        )]
        public static partial void Imported(ILogger logger, string file);

        [LoggerMessage(
            LogLevel.Warning,
            "The key {Name} was stored unprotected in the database and is protected by the certificate now. Earlier backups still contain it unprotected."
        )]
        public static partial void Protected(ILogger logger, string name);
    }
}
