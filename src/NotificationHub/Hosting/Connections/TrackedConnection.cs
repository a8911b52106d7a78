using Microsoft.AspNetCore.Connections;

namespace NotificationHub.Hosting.Connections;

internal sealed class TrackedConnection(ConnectionContext transport, ConnectionLimiter limiter, ListenerRoutes routes)
{
    private static readonly TimeSpan ShutdownGrace = TimeSpan.FromSeconds(5);

    // Over HTTP/1.1, a connection has one request at a time.
    private (string Kind, string Owner)? credential;
    private bool isAuthenticated;
    private volatile bool isInRequest;

    public ListenerRoutes Routes => routes;

    /// <summary>Guarded by the limiter; null once the connection is no longer counted.</summary>
    public ConnectionPlace? Place { get; set; }

    /// <summary>Records that the current request presented a valid credential: the connection no longer counts as unauthenticated.</summary>
    /// <param name="kind">The kind of owner; owners of different kinds may have the same name.</param>
    /// <param name="owner">Identifies the credential's owner: a location, a consumer or an administrator.</param>
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

    /// <summary>Records that the hub processes a request: a shutdown waits for it.</summary>
    public void BeginRequest() => isInRequest = true;

    /// <summary>Ends a request. If it presented no valid credential, for example a retired secret, the connection counts as unauthenticated again.</summary>
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
