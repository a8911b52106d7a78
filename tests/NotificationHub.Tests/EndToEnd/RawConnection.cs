using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>A sender that writes what and when it likes.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpClient client;
    private StreamReader? answers;

    private RawConnection(IPAddress? from) =>
        client = from is null ? new TcpClient() : new TcpClient(new IPEndPoint(from, 0));

    /// <param name="hub">Where it connects to.</param>
    /// <param name="from">The address that it connects from: any of 127.0.0.0/8.</param>
    public static async Task<RawConnection> OpenAsync(Uri hub, IPAddress? from = null)
    {
        var connection = new RawConnection(from);
        await connection.client.ConnectAsync(hub.Host, hub.Port);
        connection.answers = new StreamReader(connection.client.GetStream());
        return connection;
    }

    /// <summary>The head of a post that the intake believes.</summary>
    public static string HeadOf(TestLocation location, int contentLength) =>
        HeadOf(location.Path, location.Secret, contentLength);

    public static string HeadOf(string path, string secret, int contentLength) =>
        $"POST {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {secret}\r\nContent-Length: {contentLength}\r\n\r\n";

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await client.GetStream().WriteAsync(bytes);

    /// <summary>Closes the connection at once, with a reset instead of an end.</summary>
    public void Reset()
    {
        client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Close();
    }

    public async Task SendAsync(string text) => await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));

    /// <returns>The next line of the answer; null where the hub has closed the connection instead.</returns>
    public async Task<string?> ReadLineAsync()
    {
        try
        {
            return await answers!.ReadLineAsync().WaitAsync(Patience);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads until the hub has closed the connection.</summary>
    public async Task EndAsync()
    {
        while (await ReadLineAsync() is not null) { }
    }

    public void Dispose()
    {
        answers?.Dispose();
        client.Dispose();
    }
}
