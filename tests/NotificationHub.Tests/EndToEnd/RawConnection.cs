using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>A TCP client that sends arbitrary bytes.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(60);

    private readonly TcpClient client;
    private StreamReader? reader;

    private RawConnection(IPAddress? from) =>
        client = from is null ? new TcpClient() : new TcpClient(new IPEndPoint(from, 0));

    /// <param name="hub">The address to connect to.</param>
    /// <param name="from">The address to connect from: any of 127.0.0.0/8.</param>
    public static async Task<RawConnection> OpenAsync(Uri hub, IPAddress? from = null)
    {
        var connection = new RawConnection(from);
        await connection.client.ConnectAsync(hub.Host, hub.Port);
        connection.reader = new StreamReader(connection.client.GetStream());
        return connection;
    }

    /// <summary>The request head of an authorized delivery.</summary>
    public static string HeadOf(TestLocation location, int contentLength) =>
        HeadOf(location.Path, location.Secret, contentLength);

    public static string HeadOf(string path, string secret, int contentLength) =>
        $"POST {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {secret}\r\nContent-Length: {contentLength}\r\n\r\n";

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await client.GetStream().WriteAsync(bytes);

    /// <summary>Resets the connection.</summary>
    public void Reset()
    {
        client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Close();
    }

    public async Task SendAsync(string text) => await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));

    /// <returns>The next line of the response; null if the hub closed the connection.</returns>
    public async Task<string?> ReadLineAsync()
    {
        try
        {
            return await reader!.ReadLineAsync().WaitAsync(ReadTimeout);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Sends bytes and reads everything until the hub closes the connection.</summary>
    public static async Task<string> ExchangeAsync(Uri hub, ReadOnlyMemory<byte> bytes)
    {
        using var connection = await OpenAsync(hub);
        await connection.SendAsync(bytes);
        var response = new StringBuilder();
        while (await connection.ReadLineAsync() is { } line)
        {
            response.Append(line).Append("\r\n");
        }

        return response.ToString();
    }

    /// <summary>Reads until the hub closes the connection.</summary>
    public async Task EndAsync()
    {
        while (await ReadLineAsync() is not null) { }
    }

    public void Dispose()
    {
        reader?.Dispose();
        client.Dispose();
    }
}
