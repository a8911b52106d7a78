using Microsoft.AspNetCore.Connections;

namespace NotificationHub.Hosting.Connections;

/// <summary>A connection that counts against a listener's limits.</summary>
internal sealed class TrackedConnection(ConnectionContext transport, ConnectionLimiter limiter, ListenerRoutes routes)
    : IHubConnection
{
    private static readonly TimeSpan ShutdownGrace = TimeSpan.FromSeconds(5);

    // Over HTTP/1.1, a connection has one request at a time.
    private (string Kind, string Owner)? credential;
    private bool isAuthenticated;
    private volatile bool isInRequest;

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

    public void BeginRequest() => isInRequest = true;

    public void EndRequest()
    {
        isInRequest = false;
        if (!isAuthenticated && credential is not null)
        {
            credential = null;
            limiter.MarkUnauthenticated(this, transport.RemoteEndPoint);
        }

        isAuthenticated = false;
    }

    /// <summary>Aborts the connection after a grace period, unless the hub is processing a request on it.</summary>
    public async Task AbortIfIdleAsync(TimeProvider time)
    {
        await Task.Delay(ShutdownGrace, time, transport.ConnectionClosed)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!isInRequest)
        {
            transport.Abort(new ConnectionAbortedException("The hub is shutting down."));
        }
    }

    public void Abort() => transport.Abort(new ConnectionAbortedException("A connection limit was reached."));
}
