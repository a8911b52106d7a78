using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;

namespace NotificationHub.Tests.Crash;

internal sealed record LoadProfile(int Connections, TimeSpan Timeout)
{
    public static LoadProfile Steady { get; } = new(6, TimeSpan.FromSeconds(4));

    /// <summary>For tests whose subject is not the load.</summary>
    public static LoadProfile Light { get; } = new(2, TimeSpan.FromSeconds(4));

    /// <summary>For tests in which some hubs do not respond.</summary>
    public static LoadProfile Heavy { get; } = new(16, TimeSpan.FromSeconds(1.5));
}

/// <summary>
/// Sends notifications over several connections to the hubs that are up, with at most three attempts each, as Apple does.
/// Records the accepted ones, which no hub may lose.
/// </summary>
internal sealed class NotificationSender : IAsyncDisposable
{
    private const int Attempts = 3;

    /// <summary>Slow enough for a debug build that shares two cores with the other tests.</summary>
    private static readonly TimeSpan SendInterval = TimeSpan.FromMilliseconds(15);

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly HttpClient http;
    private readonly CancellationTokenSource stopping = new();
    private readonly NotificationGenerator source;
    private readonly IReadOnlyList<HubEndpoint> endpoints;
    private readonly ConcurrentDictionary<string, SampleNotification> sent = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SampleNotification> accepted = new(StringComparer.Ordinal);
    private readonly Task[] connections;
    private long acceptedCount;
    private long failedAttempts;

    public NotificationSender(
        LoadProfile load,
        NotificationGenerator source,
        string path,
        string secret,
        params IReadOnlyList<HubEndpoint> endpoints
    )
    {
        http = new HttpClient { Timeout = load.Timeout };
        this.source = source;
        this.endpoints = endpoints;
        Path = path;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        connections = [.. Enumerable.Range(0, load.Connections).Select(SendAllAsync)];
    }

    public string Path { get; }

    public string LocationId => Path.Split('/')[^1];

    /// <summary>The identities of all notifications with at least one attempt.</summary>
    public ICollection<string> Sent => sent.Keys;

    /// <summary>The identities of all notifications that got 200.</summary>
    public ICollection<string> Accepted => accepted.Keys;

    /// <summary>How many attempts got 200; repeated notifications count again.</summary>
    public long AcceptedCount => Interlocked.Read(ref acceptedCount);

    /// <summary>How many attempts got 503 or no response.</summary>
    public long FailedAttempts => Interlocked.Read(ref failedAttempts);

    /// <summary>All other status codes.</summary>
    public ConcurrentQueue<HttpStatusCode> Unexpected { get; } = new();

    /// <summary>Starts no further notification and waits for the running ones, with all their attempts.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(connections);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        http.CancelPendingRequests();
        http.Dispose();
        await Task.WhenAll(connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
    }

    private async Task SendAllAsync(int connection)
    {
        using var pace = new PeriodicTimer(SendInterval);
        for (var i = connection; !stopping.IsCancellationRequested; i++)
        {
            await pace.WaitForNextTickAsync();
            await DeliverAsync(source.Next(), i);
        }
    }

    private async Task DeliverAsync(SampleNotification notification, int first)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var url = await HubEndpoint.NextAvailableAsync(endpoints, first + attempt).WaitAsync(StartTimeout);
            sent[notification.Identity] = notification;
            if (await TryAsync(notification, url))
            {
                return;
            }

            Interlocked.Increment(ref failedAttempts);
        }
    }

    private async Task<bool> TryAsync(SampleNotification notification, Uri hub)
    {
        try
        {
            using var content = new ByteArrayContent(notification.Body);
            using var response = await http.PostAsync(new Uri(hub, Path), content);
            return Record(notification, response.StatusCode);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private bool Record(SampleNotification notification, HttpStatusCode status)
    {
        switch (status)
        {
            case HttpStatusCode.OK:
                accepted[notification.Identity] = notification;
                Interlocked.Increment(ref acceptedCount);
                return true;
            case HttpStatusCode.ServiceUnavailable:
                return false;
            default:
                Unexpected.Enqueue(status);
                return true;
        }
    }
}
