using System.Security.Cryptography;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Locations;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;
using ContentToken = NotificationHub.Apple.ContentToken;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>A hub's key ring: the real services on the real database, in Production, with no background service started.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private readonly WebApplication app;
    private KeyRingOpener? opener;

    private Replica(WebApplication app, LogLines log)
    {
        this.app = app;
        Log = log;
    }

    public LogLines Log { get; }

    public HubKeyRing Ring => app.Services.GetRequiredService<HubKeyRing>();

    public IKeyManager Keys => Ring.Services.GetRequiredService<IKeyManager>();

    private ContentTokenProtector Protector => app.Services.GetRequiredService<ContentTokenProtector>();

    public static Task<Replica> StartAsync(TemporaryFolder folder, params string[] settings) =>
        StartAsync(folder, configure: null, settings);

    public static async Task<Replica> StartAsync(
        TemporaryFolder folder,
        Action<IServiceCollection>? configure,
        params string[] settings
    )
    {
        var hub = HubApplication.Compose([
            "--environment=Production",
            $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
            .. settings.Select(setting => $"--{setting}"),
        ]);
        var log = new LogLines();
        hub.Host.Logging.ClearProviders().AddProvider(log);
        configure?.Invoke(hub.Services);
        hub.ThrowIfInvalid();
        var replica = new Replica(hub.Host.Build(), log);
        await replica.app.Services.GetRequiredService<Database>().OpenAsync(CancellationToken.None);
        await replica.Ring.OpenAsync(createsKeys: true, CancellationToken.None);
        return replica;
    }

    /// <summary>Starts the background service that loads the ring again.</summary>
    public Task StartOpenerAsync(TimeProvider time)
    {
        opener = new KeyRingOpener(Ring, app.Services.GetRequiredService<KeyRingOptions>(), time);
        return opener.StartAsync(CancellationToken.None);
    }

    public byte[] Protect(ContentToken token) => Protector.Protect(token);

    public string Read(byte[] encrypted) => Protector.Unprotect(encrypted).Reveal();

    /// <summary>The secrets of other servers, decrypted.</summary>
    public async Task<IReadOnlyList<string>> OtherSecretsAsync()
    {
        await using var connection = await app
            .Services.GetRequiredService<Database>()
            .OpenReaderAsync(CancellationToken.None);
        var encrypted = await connection.QueryAsync<byte[]>(
            "select secret from replaced_configuration union all select secret from relay_target"
        );
        return [.. encrypted.Select(secret => Protector.UnprotectRelaySecret(secret).Reveal())];
    }

    public bool CanRead(byte[] encrypted)
    {
        try
        {
            Protector.Unprotect(encrypted);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Adds a key, as Data Protection does every 90 days.</summary>
    public IKey AddKey()
    {
        var now = TimeProvider.System.GetUtcNow();
        return Keys.CreateNewKey(now, now.AddDays(90));
    }

    public async Task<IReadOnlyList<string>> RowsAsync()
    {
        var database = app.Services.GetRequiredService<Database>();
        await using var connection = await database.OpenReaderAsync(CancellationToken.None);
        return (await connection.QueryAsync<string>("select xml from data_protection_key order by id")).AsList();
    }

    public async Task<IReadOnlyList<Location>> LocationsAsync()
    {
        await using var connection = await app
            .Services.GetRequiredService<Database>()
            .OpenReaderAsync(CancellationToken.None);
        return await LocationStore.ListAsync(connection);
    }

    public async ValueTask DisposeAsync()
    {
        if (opener is not null)
        {
            await opener.StopAsync(CancellationToken.None);
            opener.Dispose();
        }

        await app.DisposeAsync();
    }
}
