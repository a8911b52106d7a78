using System.Buffers.Text;
using System.Net.Sockets;

namespace NotificationHub.Benchmarks.Load;

/// <summary>One keep-alive connection that sends requests. Lean, because it shares the machine with the server.</summary>
internal sealed class LoadConnection : IDisposable
{
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] buffer = new byte[4096];

    public async Task ConnectAsync(Uri url, CancellationToken cancellationToken) =>
        await socket.ConnectAsync(url.Host, url.Port, cancellationToken);

    /// <summary>Sends the request, reads the whole response and returns its status.</summary>
    public async ValueTask<int> PostAsync(ReadOnlyMemory<byte> request)
    {
        await socket.SendAsync(request);
        var length = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length));
            if (read == 0)
            {
                throw new IOException("The server closed the connection.");
            }

            length += read;
            if (IsComplete(buffer.AsSpan(0, length), out var status))
            {
                return status;
            }
        }
    }

    public void Dispose() => socket.Dispose();

    private static bool IsComplete(ReadOnlySpan<byte> bytes, out int status)
    {
        status = 0;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        status = Parse(bytes["HTTP/1.1 ".Length..]);
        var contentLength = bytes[..end].IndexOf("Content-Length: "u8);
        if (contentLength < 0)
        {
            return true;
        }

        return bytes.Length >= end + 4 + Parse(bytes[(contentLength + "Content-Length: ".Length)..]);
    }

    private static int Parse(ReadOnlySpan<byte> digits) =>
        Utf8Parser.TryParse(digits, out int number, out _)
            ? number
            : throw new IOException("The response is not HTTP.");
}
