using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NotificationHub.Hosting.Connections;

/// <summary>The listeners of <c>Admin:Urls</c>. Without that setting, every listener serves all routes.</summary>
internal sealed class AdminListeners(IReadOnlyList<string> names)
{
    private readonly HashSet<ListenOptions> listeners = [];

    public bool AreSeparate => names.Count > 0;

    /// <summary>Their addresses; known once the hub has started.</summary>
    public IEnumerable<string> Urls => listeners.Select(listener => $"{listener}");

    public ListenerRoutes RoutesOf(ListenOptions listener) =>
        !AreSeparate ? ListenerRoutes.Public | ListenerRoutes.Admin
        : listeners.Contains(listener) ? ListenerRoutes.Admin
        : ListenerRoutes.Public;

    /// <summary>Recognizes them by endpoint name, because a sender could spoof a port or a Host header.</summary>
    public void FindIn(KestrelServerOptions kestrel)
    {
        foreach (var name in names)
        {
            kestrel.ConfigurationLoader!.Endpoint(name, endpoint => listeners.Add(endpoint.ListenOptions));
        }
    }
}

/// <summary>
/// Contains only the addresses that Kestrel bound: the host would also add <c>urls</c> and the ports, which are endpoints of
/// Kestrel's own configuration already.
/// </summary>
internal sealed class BoundAddresses(IServerAddressesFeature kestrel) : IServerAddressesFeature
{
    // An array is read-only, so the host does not change it.
    public ICollection<string> Addresses => kestrel.Addresses.ToArray();

    public bool PreferHostingUrls { get; set; }
}
