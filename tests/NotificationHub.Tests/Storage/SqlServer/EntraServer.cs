using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NotificationHub.Tests.Storage.SqlServer;

/// <summary>The part of SQL Server's protocol (TDS) that asks a client for an access token; the login is then refused with error 18456.</summary>
internal sealed class EntraServer : IDisposable
{
    public const string Resource = "https://database.windows.net/";

    private const byte Prelogin = 0x12;
    private const byte Login = 0x10;
    private const byte AccessToken = 0x08;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public EntraServer()
    {
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The access tokens that clients sent.</summary>
    public ConcurrentQueue<string> Tokens { get; } = new();

    // No TLS: the stand-in has no certificate.
    public string ConnectionString(string authentication) =>
        $"Server=tcp:127.0.0.1,{((IPEndPoint)listener.LocalEndpoint).Port};Database=hub;Encrypt=Optional;Authentication={authentication}";

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = RespondAsync(await listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException) { }
    }

    private async Task RespondAsync(TcpClient client)
    {
        using var _ = client;
        var stream = client.GetStream();
        try
        {
            while (true)
            {
                var (type, message) = await ReadAsync(stream);
                if (type == AccessToken)
                {
                    var length = BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(4));
                    Tokens.Enqueue(Encoding.Unicode.GetString(message, 8, length));
                }

                var response = type switch
                {
                    Prelogin => PreloginAnswer,
                    Login => FedAuthInfo(),
                    AccessToken => LoginFailed(),
                    _ => throw new IOException($"A packet of type {type} was not expected."),
                };
                byte[] header =
                [
                    0x04,
                    0x01,
                    (byte)((response.Length + 8) >> 8),
                    (byte)(response.Length + 8),
                    0,
                    0,
                    1,
                    0,
                ];
                await stream.WriteAsync((byte[])[.. header, .. response]);
            }
        }
        // The client has closed the connection.
        catch (IOException) { }
    }

    private static async Task<(byte Type, byte[] Message)> ReadAsync(NetworkStream stream)
    {
        var header = new byte[8];
        List<byte> message = [];
        do
        {
            await stream.ReadExactlyAsync(header);
            var payload = new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2)) - header.Length];
            await stream.ReadExactlyAsync(payload);
            message.AddRange(payload);
        } while ((header[1] & 1) == 0);

        return (header[0], [.. message]);
    }

    // Each option: its number, offset and length. VERSION (16.0), ENCRYPTION (2: not supported), FEDAUTHREQUIRED (1); then the values.
    private static readonly byte[] PreloginAnswer =
    [
        .. (byte[])[0, 0, 16, 0, 6, 1, 0, 22, 0, 1, 6, 0, 23, 0, 1, 0xFF],
        .. (byte[])[16, 0, 0, 0, 0, 0, 2, 1],
    ];

    // Two entries, STSURL and SPN: number, length and offset of each, then the texts.
    private static byte[] FedAuthInfo()
    {
        var (authority, resource) = (
            Encoding.Unicode.GetBytes("https://login.microsoftonline.com/tenant"),
            Encoding.Unicode.GetBytes(Resource)
        );
        byte[] data =
        [
            .. Int32(2),
            .. (byte[])[1, .. Int32(authority.Length), .. Int32(22)],
            .. (byte[])[2, .. Int32(resource.Length), .. Int32(22 + authority.Length)],
            .. authority,
            .. resource,
        ];
        return [0xEE, .. Int32(data.Length), .. data];
    }

    // ERROR: number, state, class, text, server, procedure, line. Then DONE with its error bit.
    private static byte[] LoginFailed()
    {
        var text = Encoding.Unicode.GetBytes("Login failed.");
        byte[] error = [.. Int32(18456), 1, 14, (byte)(text.Length / 2), 0, .. text, 0, 0, .. Int32(1)];
        return [0xAA, (byte)error.Length, 0, .. error, 0xFD, 2, 0, 0, 0, .. new byte[8]];
    }

    private static byte[] Int32(int value) => BitConverter.GetBytes(value);
}
