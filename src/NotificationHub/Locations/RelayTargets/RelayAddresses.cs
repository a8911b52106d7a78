using System.Net;
using System.Net.Sockets;

namespace NotificationHub.Locations.RelayTargets;

/// <summary>No address of the host may be used.</summary>
internal sealed class RelayAddressException()
    : IOException("The host has no public address. Set Relay:AllowPrivateTargets to allow private addresses.");

/// <summary>Decides to which addresses a relay target's host may resolve.</summary>
/// <param name="allowsPrivate">Whether every unicast address may be used.</param>
internal sealed class RelayAddresses(bool allowsPrivate, bool allowsLoopback)
{
    private const int EmbeddedIPv4Bytes = 4;

    private static readonly IPNetwork[] NotPublic =
    [
        IPNetwork.Parse("0.0.0.0/8"),
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("100.64.0.0/10"),
        IPNetwork.Parse("127.0.0.0/8"),
        // Azure's platform, from within Azure.
        IPNetwork.Parse("168.63.129.16/32"),
        IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"),
        IPNetwork.Parse("224.0.0.0/3"),
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    // NAT64 and 6to4 addresses contain an IPv4 address.
    private static readonly (IPNetwork Network, int Start)[] Embedding =
    [
        (IPNetwork.Parse("64:ff9b::/96"), 12),
        (IPNetwork.Parse("2002::/16"), 2),
    ];

    public bool Allows(IPAddress address) =>
        allowsPrivate || (allowsLoopback && IPAddress.IsLoopback(Unmap(address))) || IsPublic(address);

    /// <summary>Resolves the host and connects to an allowed address, so that a changed DNS record cannot lead elsewhere.</summary>
    /// <exception cref="RelayAddressException">The host has no allowed address.</exception>
    public async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        CancellationToken cancellationToken
    )
    {
        var endPoint = context.DnsEndPoint;
        IPAddress[] allowed = [.. (await Dns.GetHostAddressesAsync(endPoint.Host, cancellationToken)).Where(Allows)];
        if (allowed.Length == 0)
        {
            throw new RelayAddressException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsPublic(IPAddress address)
    {
        var plain = Unmap(address);
        if (plain.AddressFamily == AddressFamily.InterNetwork)
        {
            return !NotPublic.Any(network => network.Contains(plain));
        }

        var (network, start) = Array.Find(Embedding, embedding => embedding.Network.Contains(plain));
        return network == default
            ? GlobalUnicast.Contains(plain)
            : IsPublic(new IPAddress(plain.GetAddressBytes().AsSpan(start, EmbeddedIPv4Bytes)));
    }

    private static IPAddress Unmap(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
