using Azure.Core;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;

namespace NotificationHub.Locations.KeyRing;

internal static class KeyRingSetup
{
    /// <summary>Data Protection, with its keys in the folder or the database, wrapped or not.</summary>
    public static void AddKeyRing(this HubBuilder hub, LocationOptions options)
    {
        hub.JudgeKeyRing(options, hub.OptionsOf<StorageOptions>());
        hub.Services.AddSingleton(services => new KeyVaultPipeline(services.GetRequiredService<TokenCredential>));
        hub.Services.AddSingleton(services => CreateWraps(options, services));
        hub.Services.AddSingleton(services =>
            PlaceOf(options, services.GetRequiredService<IOptions<StorageOptions>>().Value)
        );
        // Before Data Protection's own hosted service, which reads the ring.
        hub.Services.AddHostedService<KeyRingTakeover>();
        hub.Services.AddSingleton<ReloadingKeyManager>();
        hub.Services.AddSingleton<IKeyManager>(services => services.GetRequiredService<ReloadingKeyManager>());
        hub.Services.AddDataProtection().SetApplicationName("NotificationHub");
        hub.Services.AddOptions<KeyManagementOptions>()
            .Configure<KeyRingPlace, KeyWraps, Database, TimeProvider, ILoggerFactory>(
                (keys, place, wraps, database, time, loggers) =>
                {
                    keys.XmlRepository =
                        place.Store == KeyRingStore.Database
                            ? new KeyRingTable(database, time)
                            : new KeyRingFolder(new DirectoryInfo(place.Folder), loggers);
                    keys.XmlEncryptor = wraps.Current is { } wrap ? new WrappedSecretEncryptor(wrap) : null;
                }
            );
    }

    private static KeyRingPlace PlaceOf(LocationOptions locations, StorageOptions storage)
    {
        var data = storage.IsSqlServer
            ? "data"
            : Path.GetDirectoryName(
                Path.GetFullPath(new SqliteConnectionStringBuilder(storage.ConnectionString).DataSource)
            )!;
        return new KeyRingPlace(
            KeyRingRules.StoreOf(locations, storage),
            Path.GetFullPath(locations.KeyRing ?? Path.Combine(data, "keys"))
        );
    }

    private static KeyWraps CreateWraps(LocationOptions options, IServiceProvider services)
    {
        var vaults = services.GetRequiredService<KeyVaultPipeline>();
        var time = services.GetRequiredService<TimeProvider>();
        IKeyWrap? current =
            options.KeyRingKeyVaultKey is { } key ? InVault(key)
            : options.KeyRingCertificate is { Length: > 0 } path ? InFile(path)
            : null;
        return new KeyWraps(
            current,
            [
                .. options.KeyRingOldCertificates.Where(path => path.Length > 0).Select(InFile),
                .. options.KeyRingOldKeyVaultKeys.Select(InVault),
            ]
        );

        IKeyWrap InVault(Uri id) => new KeyVaultWrap(id, vaults.To(id), time);

        IKeyWrap InFile(string file) =>
            new CertificateWrap(CertificateFile.Load(file, options.KeyRingCertificatePassword));
    }
}
