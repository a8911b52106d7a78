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
internal sealed class ListenerPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        endpoints.Any(endpoint => endpoint.Metadata.GetMetadata<ServedOn>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var served = httpContext.Features.Get<TrackedConnection>()?.Routes ?? default;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (
                candidates.IsValidCandidate(i)
                && candidates[i].Endpoint.Metadata.GetMetadata<ServedOn>() is { } wanted
                && !served.HasFlag(wanted.Routes)
            )
            {
                candidates.SetValidity(i, false);
            }
        }

        return Task.CompletedTask;
    }
}
