using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Azure.Core;
using Azure.Core.Pipeline;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NotificationHub.Hosting;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Tests.Hosting;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>
/// A Key Vault on a loopback socket, with one certificate in one or more versions. The SDK's own client calls it by its public name; its
/// connections lead here.
/// </summary>
internal sealed class TestVault : IAsyncDisposable
{
    public const string Certificate = "https://contoso.vault.azure.net/certificates/key-ring";

    private const string Secret = "https://contoso.vault.azure.net/secrets/key-ring";
    private const string Token = "the-hubs-token";

    private const string Challenge =
        "Bearer authorization=\"https://login.windows.net/00000000-0000-0000-0000-000000000000\", resource=\"https://vault.azure.net\"";

    private readonly List<string> versions = [];
    private readonly X509Certificate2 identity = X509CertificateLoader.LoadPkcs12(TestCertificate.CreatePfx(), null);
    private readonly TcpListener silent = new(IPAddress.Loopback, 0);
    private readonly SocketsHttpHandler network;
    private readonly WebApplication app;
    private volatile IPEndPoint target = null!;

    private TestVault()
    {
        network = new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            PooledConnectionLifetime = TimeSpan.Zero,
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    certificate!.GetCertHashString() == identity.Thumbprint,
            },
        };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.UseHttps(identity))
        );
        app = builder.Build();
        app.Run(RespondAsync);
        Renew();
    }

    public List<string> Scopes { get; } = [];

    /// <summary>The status of every response, if set.</summary>
    public HttpStatusCode? Fault { get; set; }

    /// <summary>Whether the secrets contain no private key.</summary>
    public bool HasNoKey { get; set; }

    public static async Task<TestVault> StartAsync()
    {
        var vault = new TestVault();
        await vault.app.StartAsync();
        vault.silent.Start();
        vault.Restore();
        return vault;
    }

    public void Renew() => versions.Add(Convert.ToBase64String(TestCertificate.CreatePfx()));

    public void DisableAll() => versions.Clear();

    /// <summary>From now on, connections are accepted, and nothing is ever received.</summary>
    public void StopResponding() => target = (IPEndPoint)silent.LocalEndpoint;

    /// <summary>From now on, connections are refused.</summary>
    public void Refuse()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        target = (IPEndPoint)closed.LocalEndpoint;
    }

    public void Restore() => target = new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.Single()).Port);

    public KeyVaultCertificates Client(TimeProvider? time = null) =>
        new(
            () => DelegatedTokenCredential.Create(Authenticate),
            time ?? TimeProvider.System,
            new HttpClientTransport(network)
        );

    /// <summary>Makes a hub's key ring call this vault.</summary>
    /// <param name="retries">The clock of the retries.</param>
    /// <param name="timeouts">The clock of the timeouts.</param>
    public void Replace(IServiceCollection services, TimeProvider? retries = null, TimeProvider? timeouts = null)
    {
        services.AddSingleton(Client(timeouts));
        services.RemoveWorker<KeyRingOpener>();
        services.AddWorker(provider => new KeyRingOpener(
            provider.GetRequiredService<HubKeyRing>(),
            provider.GetRequiredService<KeyRingOptions>(),
            retries ?? TimeProvider.System
        ));
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        silent.Dispose();
        network.Dispose();
        identity.Dispose();
    }

    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        CancellationToken cancellationToken
    )
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Task RespondAsync(HttpContext context)
    {
        if (Fault is { } status)
        {
            context.Response.StatusCode = (int)status;
            return Task.CompletedTask;
        }

        var authorization = context.Request.Headers.Authorization.ToString();
        if (authorization != $"Bearer {Token}")
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = Challenge;
            return Task.CompletedTask;
        }

        var segment = context.Request.Path.Value!.Split('/')[^1];
        object response =
            segment == "versions"
                ? new { value = Enumerable.Range(0, versions.Count).Select(index => Describe(index, value: null)) }
                : Describe(int.Parse(segment, null), HasNoKey ? "bm8ga2V5" : versions[int.Parse(segment, null)]);
        return context.Response.WriteAsJsonAsync(response);
    }

    private AccessToken Authenticate(TokenRequestContext context, CancellationToken cancellationToken)
    {
        Scopes.AddRange(context.Scopes);
        return new AccessToken(Token, DateTimeOffset.MaxValue);
    }

    private static object Describe(int version, string? value) =>
        new
        {
            value,
            id = $"{Secret}/{version}",
            contentType = "application/x-pkcs12",
            attributes = new { enabled = true, created = 1_700_000_000 + version },
        };
}
