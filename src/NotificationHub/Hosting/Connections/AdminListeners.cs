using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing.Matching;
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

// Contains only the addresses that Kestrel bound: the host would also add urls and the ports, which are endpoints of
// Kestrel's own configuration already.
internal sealed class BoundAddresses(IServerAddressesFeature kestrel) : IServerAddressesFeature
{
    // An array is read-only, so the host does not change it.
    public ICollection<string> Addresses => kestrel.Addresses.ToArray();

    public bool PreferHostingUrls { get; set; }
}

/// <summary>Hides an endpoint from listeners that do not serve it. Only the connection decides, because a Host header can be spoofed.</summary>
internal sealed class ListenerPolicy : MatcherPolicy, INodeBuilderPolicy
{
    // Before the policies for methods and content types: their 405 and 415 would reveal that the path exists.
    public override int Order => int.MinValue;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        endpoints.Any(endpoint => endpoint.Metadata.GetMetadata<ServedOn>() is not null);

    public IReadOnlyList<PolicyNodeEdge> GetEdges(IReadOnlyList<Endpoint> endpoints) =>
        [
            .. new[] { ListenerRoutes.Public, ListenerRoutes.Admin }.Select(routes => new PolicyNodeEdge(
                routes,
                [
                    .. endpoints.Where(endpoint =>
                        endpoint.Metadata.GetMetadata<ServedOn>() is not { } served || served.Routes.HasFlag(routes)
                    ),
                ]
            )),
        ];

    public PolicyJumpTable BuildJumpTable(int exitDestination, IReadOnlyList<PolicyJumpTableEdge> edges) =>
        new ListenerJumpTable(
            exitDestination,
            edges.ToDictionary(edge => (ListenerRoutes)edge.State, edge => edge.Destination)
        );

    private sealed class ListenerJumpTable(int exit, Dictionary<ListenerRoutes, int> destinations) : PolicyJumpTable
    {
        public override int GetDestination(HttpContext httpContext) =>
            httpContext.Features.Get<TrackedConnection>() is { } connection
                ? destinations.GetValueOrDefault(connection.Routes, exit)
                : exit;
    }
}
