using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Storage;
using ContentToken = NotificationHub.Apple.ContentToken;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>A hub as far as its key ring: the real services on the real database, in Production, with no stage started.</summary>
internal sealed class Replica : IAsyncDisposable
{
    public const string InDatabase = "Locations:KeyRingIn=Database";

    private readonly WebApplication app;
    private readonly KeyRingTakeover takeover;

    private Replica(WebApplication app, LogLines log)
    {
        this.app = app;
        Log = log;
        takeover = app.Services.GetServices<IHostedService>().OfType<KeyRingTakeover>().Single();
    }

    public LogLines Log { get; }

    public IKeyManager Keys => app.Services.GetRequiredService<IKeyManager>();

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
        hub.ThrowIfFaulty();
        var replica = new Replica(hub.Host.Build(), log);
        await replica.app.Services.GetRequiredService<Database>().OpenAsync(CancellationToken.None);
        await replica.takeover.StartAsync(CancellationToken.None);
        return replica;
    }

    public byte[] Protect(ContentToken token) => Protector.Protect(token);

    public string Read(byte[] encrypted) => Protector.Unprotect(encrypted).Reveal();

    public bool CanRead(byte[] encrypted)
    {
        try
        {
            Protector.Unprotect(encrypted);
            return true;
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return false;
        }
    }

    /// <summary>A key that is used from now on.</summary>
    public IKey RollKey()
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

    public Task ExecuteAsync(string sql, object? parameters = null) =>
        app
            .Services.GetRequiredService<Database>()
            .WriteAsync(transaction => transaction.ExecuteAsync(sql, parameters), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await takeover.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }
}
