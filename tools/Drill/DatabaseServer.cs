using System.Net;
using System.Net.Sockets;
using NotificationHub.Drill.Virtual;
using NotificationHub.Storage;
using NotificationHub.Storage.SqlServer;

namespace NotificationHub.Drill;

/// <summary>The port of a database server that is away.</summary>
internal sealed class DatabaseServer : IDisposable
{
    private Socket? socket;

    public bool IsAway => socket is not null;

    /// <summary>Whether the hub has connected and waits for a response.</summary>
    public bool HasConnection => socket?.Poll(TimeSpan.Zero, SelectMode.SelectRead) ?? false;

    public string ConnectionString =>
        $"Server=127.0.0.1,{((IPEndPoint)socket!.LocalEndPoint!).Port};Database=notificationhub;"
        // In real time.
        + "User Id=hub;Password=drill;TrustServerCertificate=True;Connect Timeout=1";

    /// <summary>From now on, nothing listens on the port.</summary>
    public void Refuse()
    {
        socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    /// <summary>From now on, the port accepts connections and sends nothing.</summary>
    public void Hang() => socket!.Listen();

    public void Return()
    {
        // Cuts the connections.
        socket?.Dispose();
        socket = null;
    }

    public void Dispose() => Return();
}

/// <summary>A SQLite database in place of one on a server. While the server is away, SQL Server's driver tries to open it.</summary>
internal sealed class RemoteDatabase(StorageOptions options, TimeProvider time, DatabaseServer server)
    : VirtualDatabase(options, time)
{
    public override async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (server.IsAway)
        {
            await using var away = new SqlServerDatabase(
                new StorageOptions { Provider = StorageOptions.SqlServer, ConnectionString = server.ConnectionString },
                TimeProvider.System
            );
            await away.OpenAsync(cancellationToken);
        }

        await base.OpenAsync(cancellationToken);
    }
}
