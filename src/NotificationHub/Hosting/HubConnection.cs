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

/// <summary>A feature of each connection.</summary>
internal interface IHubConnection
{
    /// <summary>The routes of the listener that accepted the connection.</summary>
    ListenerRoutes Routes { get; }

    /// <summary>Records that the current request presented a valid credential: the connection no longer counts as unauthenticated.</summary>
    /// <param name="kind">The kind of owner; owners of different kinds may have the same name.</param>
    /// <param name="owner">Identifies the credential's owner: a location, a consumer or an administrator.</param>
    void MarkAuthenticated(string kind, string owner);

    /// <summary>Records that the hub processes a request: a shutdown waits for it.</summary>
    void BeginRequest();

    /// <summary>Ends a request. If it presented no valid credential, for example a retired secret, the connection counts as unauthenticated again.</summary>
    void EndRequest();
}

/// <summary>Endpoint metadata: the listeners that serve it. Without it, all listeners do.</summary>
internal sealed record ServedOn(ListenerRoutes Routes);

internal static class HubConnections
{
    /// <inheritdoc cref="IHubConnection.MarkAuthenticated"/>
    public static void MarkAuthenticated(this HttpContext context, string kind, string owner) =>
        context.Features.Get<IHubConnection>()?.MarkAuthenticated(kind, owner);

    public static TBuilder ServeOn<TBuilder>(this TBuilder endpoints, ListenerRoutes routes)
        where TBuilder : IEndpointConventionBuilder => endpoints.WithMetadata(new ServedOn(routes));
}
