using NotificationHub.Hosting.Connections;

namespace NotificationHub.Hosting;

/// <summary>The routes that a listener serves; without <c>Admin:Urls</c> every listener serves both kinds.</summary>
[Flags]
internal enum ListenerRoutes
{
    /// <summary>Apple's deliveries and the feed.</summary>
    Public = 1,

    /// <summary>Administration, readiness and health details.</summary>
    Admin = 2,
}

/// <summary>Endpoint metadata: the listeners that serve it. Without it, all listeners do.</summary>
internal sealed record ServedOn(ListenerRoutes Routes);

internal static class HubConnections
{
    public static void MarkAuthenticated(this HttpContext context, string kind, string owner) =>
        context.Features.Get<TrackedConnection>()?.MarkAuthenticated(kind, owner);

    public static TBuilder ServeOn<TBuilder>(this TBuilder endpoints, ListenerRoutes routes)
        where TBuilder : IEndpointConventionBuilder => endpoints.WithMetadata(new ServedOn(routes));
}
