using System.Net;
using System.Net.Sockets;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Tests.Storage.Stores;

/// <summary>A proxy between a hub and SQL Server that simulates network failures.</summary>
internal sealed class LoopbackProxy : IDisposable
{
    private readonly string host;
    private readonly int port;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly Task accepting;
    private int requestsToLose;
    private int responsesToLose;

    private LoopbackProxy(string host, int port)
    {
        this.host = host;
        this.port = port;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>The number of closed connections.</summary>
    public int Cuts { get; private set; }

    /// <summary>Creates a proxy for the server of this connection string.</summary>
    public static LoopbackProxy Before(string connectionString)
    {
        var server = TestStore.ServerOf(connectionString);
        return new LoopbackProxy(server.Host, server.Port);
    }

    /// <summary>The connection string through this proxy.</summary>
    public string Through(string connectionString) =>
        new SqlConnectionStringBuilder(connectionString)
        {
            DataSource = $"127.0.0.1,{((IPEndPoint)listener.LocalEndpoint).Port}",
            // The certificate is for the server, not for the proxy.
            TrustServerCertificate = true,
        }.ConnectionString;

    /// <summary>The next request does not reach the server.</summary>
    public void LoseNextRequest() => Interlocked.Increment(ref requestsToLose);

    /// <summary>The next request reaches the server, but its response is lost.</summary>
    public void LoseNextResponse() => Interlocked.Increment(ref responsesToLose);

    public void Dispose()
    {
        closing.Cancel();
        listener.Dispose();
        accepting.GetAwaiter().GetResult();
        closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> links = [];
        while (!closing.IsCancellationRequested)
        {
            try
            {
                links.Add(LinkAsync(await listener.AcceptTcpClientAsync(closing.Token)));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                break;
            }
        }

        await Task.WhenAll(links);
    }

    private async Task LinkAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(host, port, closing.Token);
                var link = new Link();
                // If either direction ends, both end: the sockets are closed.
                await await Task.WhenAny(
                    PumpAsync(client, server, () => PassRequest(link)),
                    PumpAsync(server, client, () => !link.AnswerIsLost)
                );
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
                // One side has closed the connection.
            }
        }
    }

    private bool PassRequest(Link link)
    {
        if (TryTake(ref requestsToLose))
        {
            return false;
        }

        link.AnswerIsLost |= TryTake(ref responsesToLose);
        return true;
    }

    private static bool TryTake(ref int count)
    {
        if (Volatile.Read(ref count) <= 0)
        {
            return false;
        }

        Interlocked.Decrement(ref count);
        return true;
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, Func<bool> pass)
    {
        var buffer = new byte[64 * 1024];
        while (await from.GetStream().ReadAsync(buffer, closing.Token) is > 0 and var length)
        {
            if (!pass())
            {
                Cuts++;
                return;
            }

            await to.GetStream().WriteAsync(buffer.AsMemory(0, length), closing.Token);
        }
    }

    private sealed class Link
    {
        public volatile bool AnswerIsLost;
    }
}
