using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace NotificationHub.Drill;

/// <summary>What Apple connects to: it ends TLS if it has a certificate, and forwards connections to the hub, which may restart on another port.</summary>
internal sealed class Ingress : IAsyncDisposable
{
    private readonly ConcurrentDictionary<ConnectionContext, byte> connections = new();
    private readonly WebApplication server;
    private X509Certificate2? certificate;

    private Ingress(X509Certificate2? certificate)
    {
        this.certificate = certificate;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(Listen);
        builder.Services.AddLogging();
        server = builder.Build();
    }

    /// <summary>Where Apple delivers.</summary>
    public Uri Url =>
        new(server.Urls.Single().Replace("127.0.0.1", CertificateAuthority.Host, StringComparison.Ordinal));

    /// <summary>The hub; null while it is stopped.</summary>
    public Uri? Hub { get; set; }

    public static async Task<Ingress> StartAsync(X509Certificate2? certificate, CancellationToken cancellationToken)
    {
        var ingress = new Ingress(certificate);
        await ingress.server.StartAsync(cancellationToken);
        return ingress;
    }

    public void Present(X509Certificate2 next)
    {
        certificate = next;
        CloseConnections();
    }

    /// <summary>Makes clients connect again, and so verify the certificate again.</summary>
    public void CloseConnections()
    {
        foreach (var connection in connections.Keys)
        {
            connection.Abort();
        }
    }

    /// <summary>Requests a path over a new connection.</summary>
    /// <returns>The status, or why there was no response.</returns>
    public async Task<string> RequestAsync(
        string path,
        CertificateAuthority authority,
        CancellationToken cancellationToken
    )
    {
        using var http = new HttpClient(
            new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = authority.Verify } }
        );
        try
        {
            using var response = await http.GetAsync(new Uri(Url, path), cancellationToken);
            return $"{(int)response.StatusCode}";
        }
        catch (HttpRequestException exception)
        {
            return $"{exception.HttpRequestError}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Nothing is left to wait for.
        await server.StopAsync(new CancellationToken(canceled: true));
        await server.DisposeAsync();
    }

    private void Listen(KestrelServerOptions kestrel) =>
        kestrel.Listen(
            IPAddress.Loopback,
            0,
            options =>
            {
                options.Protocols = HttpProtocols.Http1;
                if (certificate is not null)
                {
                    options.UseHttps(https => https.ServerCertificateSelector = (_, _) => certificate);
                }

                options.Run(ForwardAsync);
            }
        );

    private async Task ForwardAsync(ConnectionContext connection)
    {
        if (Hub is not { } hub)
        {
            connection.Abort();
            return;
        }

        connections[connection] = 0;
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(hub.Host, hub.Port, connection.ConnectionClosed);
            await using var stream = client.GetStream();
            await Task.WhenAny(
                connection.Transport.Input.CopyToAsync(stream, connection.ConnectionClosed),
                stream.CopyToAsync(connection.Transport.Output.AsStream(), connection.ConnectionClosed)
            );
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            // The hub has stopped, or Apple has closed the connection.
        }
        finally
        {
            connections.TryRemove(connection, out _);
            connection.Abort();
        }
    }
}
