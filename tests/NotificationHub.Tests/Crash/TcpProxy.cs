using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace NotificationHub.Tests.Crash;

/// <summary>A loopback proxy between one hub and a server, which can break all connections and reject new ones.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentDictionary<Task, CancellationTokenSource> relays = new();
    private readonly string host;
    private readonly int port;
    private readonly Task accepting;
    private volatile bool isDisconnected;

    public TcpProxy(string host, int port)
    {
        (this.host, this.port) = (host, port);
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public Uri ThroughProxy(Uri address) => new UriBuilder(address) { Host = "127.0.0.1", Port = Port }.Uri;

    /// <summary>Breaks every connection, and each new one at once.</summary>
    public void Disconnect()
    {
        isDisconnected = true;
        foreach (var relay in relays.Values)
        {
            relay.Cancel();
        }
    }

    public void Reconnect() => isDisconnected = false;

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await accepting;
        await Task.WhenAll(relays.Keys);
        listener.Dispose();
        ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Relay(await listener.AcceptTcpClientAsync(ending.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private void Relay(TcpClient from)
    {
        var cut = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        var relay = RelayAsync(from, cut.Token);
        relays[relay] = cut;
        _ = relay.ContinueWith(
            ended => relays.TryRemove(ended, out _),
            CancellationToken.None,
            TaskContinuationOptions.RunContinuationsAsynchronously,
            TaskScheduler.Default
        );
        if (isDisconnected)
        {
            cut.Cancel();
        }
    }

    private async Task RelayAsync(TcpClient from, CancellationToken cancellationToken)
    {
        using var to = new TcpClient();
        using (from)
        {
            try
            {
                await to.ConnectAsync(host, port, cancellationToken);
                await await Task.WhenAny(
                    from.GetStream().CopyToAsync(to.GetStream(), cancellationToken),
                    to.GetStream().CopyToAsync(from.GetStream(), cancellationToken)
                );
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
                // The proxy was disconnected, or one side closed its connection.
            }

            // Reset the connections: bytes still in a buffer must not arrive.
            from.LingerState = to.LingerState = new LingerOption(enable: true, seconds: 0);
        }
    }
}
