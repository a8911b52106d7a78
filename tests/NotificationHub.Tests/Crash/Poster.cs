using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;

namespace NotificationHub.Tests.Crash;

/// <summary>How much is posted at once, and how long an answer is waited for.</summary>
internal sealed record Load(int Connections, TimeSpan Patience)
{
    public static Load Steady { get; } = new(6, TimeSpan.FromSeconds(4));

    /// <summary>Where a good part of the hubs does not answer at any time.</summary>
    public static Load Insistent { get; } = new(16, TimeSpan.FromSeconds(1.5));
}

/// <summary>
/// Posts over several connections, three times at most as Apple does, to whichever hub there is, and keeps account of
/// what was answered 200: that is what must never be lost.
/// </summary>
internal sealed class Poster : IAsyncDisposable
{
    private const int Attempts = 3;

    /// <summary>A load that a debug build follows while everything else runs on the same two cores.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(15);

    private static readonly TimeSpan HubPatience = TimeSpan.FromSeconds(60);

    private readonly HttpClient http;
    private readonly CancellationTokenSource stopping = new();
    private readonly PostSource source;
    private readonly IReadOnlyList<HubDoor> doors;
    private readonly ConcurrentDictionary<string, Post> posted = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Post> answered = new(StringComparer.Ordinal);
    private readonly Task[] connections;
    private long answers;
    private long interrupted;

    public Poster(Load load, PostSource source, string path, string secret, params IReadOnlyList<HubDoor> doors)
    {
        http = new HttpClient { Timeout = load.Patience };
        this.source = source;
        this.doors = doors;
        Path = path;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        connections = [.. Enumerable.Range(0, load.Connections).Select(PostAllAsync)];
    }

    public string Path { get; }

    public string LocationId => Path.Split('/')[^1];

    /// <summary>The identities of all that was ever tried.</summary>
    public ICollection<string> Posted => posted.Keys;

    /// <summary>The identities of all that was answered 200.</summary>
    public ICollection<string> Answered => answered.Keys;

    /// <summary>How often 200 was answered, repeated posts included.</summary>
    public long Answers => Interlocked.Read(ref answers);

    /// <summary>How often there was no answer, or 503.</summary>
    public long Interrupted => Interlocked.Read(ref interrupted);

    /// <summary>Answers that Apple has no reason to be given here.</summary>
    public ConcurrentQueue<HttpStatusCode> Unexpected { get; } = new();

    /// <summary>Begins no further notification; ends when every begun one was answered or given up.</summary>
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

    private async Task PostAllAsync(int connection)
    {
        using var pace = new PeriodicTimer(Pace);
        for (var i = connection; !stopping.IsCancellationRequested; i++)
        {
            await pace.WaitForNextTickAsync();
            await DeliverAsync(source.Next(), i);
        }
    }

    private async Task DeliverAsync(Post post, int first)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var url = await HubDoor.NextAsync(doors, first + attempt).WaitAsync(HubPatience);
            posted[post.Identity] = post;
            if (await TryAsync(post, url))
            {
                return;
            }

            Interlocked.Increment(ref interrupted);
        }
    }

    private async Task<bool> TryAsync(Post post, Uri hub)
    {
        try
        {
            using var content = new ByteArrayContent(post.Body);
            using var response = await http.PostAsync(new Uri(hub, Path), content);
            return Note(post, response.StatusCode);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private bool Note(Post post, HttpStatusCode status)
    {
        switch (status)
        {
            case HttpStatusCode.OK:
                answered[post.Identity] = post;
                Interlocked.Increment(ref answers);
                return true;
            case HttpStatusCode.ServiceUnavailable:
                return false;
            default:
                Unexpected.Enqueue(status);
                return true;
        }
    }
}
