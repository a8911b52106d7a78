using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NotificationHub.Hosting.Connections;

/// <summary>The listeners of <c>Admin:Urls</c>. Without that setting, every listener serves all routes.</summary>
internal sealed class AdminListeners(IReadOnlyList<string> names)
{
    private readonly HashSet<ListenOptions> listeners = [];

    public bool AreSeparate => names.Count > 0;

    /// <summary>Where they listen; known once the hub has started.</summary>
    public IEnumerable<string> Urls => listeners.Select(listener => $"{listener}");

    public ListenerRoutes RoutesOf(ListenOptions listener) =>
        !AreSeparate ? ListenerRoutes.Public | ListenerRoutes.Admin
        : listeners.Contains(listener) ? ListenerRoutes.Admin
        : ListenerRoutes.Public;

    /// <summary>Recognizes them by the names of their endpoints: by a port or a Host header, a sender could pass for an administrator.</summary>
    public void FindIn(KestrelServerOptions kestrel)
    {
        foreach (var name in names)
        {
            kestrel.ConfigurationLoader!.Endpoint(name, endpoint => listeners.Add(endpoint.ListenOptions));
        }
    }
}

/// <summary>
/// The addresses as Kestrel bound them, and no others: the host would add those of <c>urls</c> and the ports, which are endpoints of
/// Kestrel's own configuration already.
/// </summary>
internal sealed class BoundAddresses(IServerAddressesFeature kestrel) : IServerAddressesFeature
{
    // An array is read-only: the host leaves it alone.
    public ICollection<string> Addresses => kestrel.Addresses.ToArray();

    public bool PreferHostingUrls { get; set; }
}
