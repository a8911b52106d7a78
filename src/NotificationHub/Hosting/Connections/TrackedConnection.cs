using Microsoft.AspNetCore.Connections;

namespace NotificationHub.Hosting.Connections;

/// <summary>A connection that counts against a listener's limits.</summary>
internal sealed class TrackedConnection(ConnectionContext transport, ConnectionLimiter limiter, ListenerRoutes routes)
    : IHubConnection
{
    // Over HTTP/1.1, a connection has one request at a time.
    private (string Kind, string Owner)? credential;
    private bool isAuthenticated;

    public ListenerRoutes Routes => routes;

    /// <summary>Guarded by the limiter; null once the connection is no longer counted.</summary>
    public ConnectionPlace? Place { get; set; }

    public void MarkAuthenticated(string kind, string owner)
    {
        isAuthenticated = true;
        // Called for each delivery; only another owner takes the limiter's lock.
        if (credential != (kind, owner))
        {
            credential = (kind, owner);
            limiter.MarkAuthenticated(this, $"{kind} {owner}");
        }
    }

    public void EndRequest()
    {
        if (!isAuthenticated && credential is not null)
        {
            credential = null;
            limiter.MarkUnauthenticated(this, transport.RemoteEndPoint);
        }

        isAuthenticated = false;
    }

    public void Abort() => transport.Abort(new ConnectionAbortedException("A connection limit was reached."));
}
