using Microsoft.AspNetCore.Connections;

namespace NotificationHub.Hosting.Connections;

/// <summary>A connection that counts against a listener's limits.</summary>
internal sealed class TrackedConnection(ConnectionContext transport, ConnectionLimiter limiter, ListenerRoutes routes)
    : IHubConnection
{
    private int isAuthenticated;

    public ListenerRoutes Routes => routes;

    /// <summary>Guarded by the limiter; null once the connection is no longer counted.</summary>
    public ConnectionPlace? Place { get; set; }

    public void MarkAuthenticated(string kind, string owner)
    {
        // Called for each delivery; only the first call takes the limiter's lock.
        if (Volatile.Read(ref isAuthenticated) == 0 && Interlocked.Exchange(ref isAuthenticated, 1) == 0)
        {
            limiter.MarkAuthenticated(this, $"{kind} {owner}");
        }
    }

    public void Abort() => transport.Abort(new ConnectionAbortedException("A connection limit was reached."));
}
