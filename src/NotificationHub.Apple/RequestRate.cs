namespace NotificationHub.Apple;

/// <summary>
/// Paces a location's requests. Apple's limit (Service Config: <c>maxRequestPerSecond</c>, 15) holds for all clients of
/// the location together, so take a share if there are others. Requests are spaced evenly. A 429 halves the rate, each minute without one restores a tenth, and a
/// <c>Retry-After</c> pauses the location. Safe for concurrent use; all sessions of a location must share one instance.
/// </summary>
public sealed class RequestRate : IDisposable
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(1);
    private const double LeastPerSecond = 0.1;
    private const double Jitter = 0.25;

    private readonly TimeProvider time;
    private readonly long start;
    private readonly double share;
    private readonly SemaphoreSlim parallel;
    private readonly Lock gate = new();

    private double fullPerSecond;
    private double perSecond;

    // Times since the start, so that a change of the machine's clock neither shortens nor extends a pause.
    private TimeSpan nextSlot;
    private TimeSpan pausedUntil;
    private TimeSpan rateSince;
    private long lastTaken;
    private long lastBeforeRejection;
    private int rejectionsInARow;

    /// <param name="time">The clock.</param>
    /// <param name="requestsPerSecond">This client's share, in requests per second; null for all that Apple allows.</param>
    /// <param name="maxParallel">Maximum number of parallel requests. Apple allows five parallel page reads.</param>
    public RequestRate(TimeProvider time, double? requestsPerSecond = null, int maxParallel = 5)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(
            requestsPerSecond ?? LeastPerSecond,
            LeastPerSecond,
            nameof(requestsPerSecond)
        );
        ArgumentOutOfRangeException.ThrowIfLessThan(maxParallel, 1);
        this.time = time;
        start = time.GetTimestamp();
        share = requestsPerSecond ?? double.PositiveInfinity;
        fullPerSecond = Math.Min(share, ServiceConfig.Documented.RequestLimit("maxRequestPerSecond"));
        perSecond = fullPerSecond;
        parallel = new SemaphoreSlim(maxParallel, maxParallel);
    }

    /// <summary>The current rate in requests per second: the share, reduced after rejections.</summary>
    public double CurrentPerSecond
    {
        get
        {
            lock (gate)
            {
                Recover(SinceStart());
                return perSecond;
            }
        }
    }

    /// <summary>Until when requests are paused; null if they are not.</summary>
    public DateTimeOffset? PausedUntil
    {
        get
        {
            lock (gate)
            {
                var left = pausedUntil - SinceStart();
                return left > TimeSpan.Zero ? time.GetUtcNow() + left : null;
            }
        }
    }

    /// <summary>Frees the rate.</summary>
    public void Dispose() => parallel.Dispose();

    /// <summary>Waits until a request may be sent. Throws if the pause is longer than <paramref name="longestPause"/>.</summary>
    /// <exception cref="AppleException"><see cref="AppleErrorKind.Paused"/>.</exception>
    internal async Task<RequestPermit> EnterAsync(TimeSpan longestPause, CancellationToken cancellationToken)
    {
        await parallel.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                var (wait, number) = TakeSlot(longestPause);
                if (wait <= TimeSpan.Zero)
                {
                    return new RequestPermit(this, number);
                }

                // Timers count whole milliseconds: rounding down would cause a busy loop.
                await Task.Delay(
                    TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)),
                    time,
                    cancellationToken
                );
            }
        }
        catch
        {
            parallel.Release();
            throw;
        }
    }

    /// <summary>Applies Apple's current limit, in requests per second.</summary>
    internal void SetLimit(int limit)
    {
        lock (gate)
        {
            var full = Math.Min(share, limit);
            perSecond = perSecond == fullPerSecond ? full : Math.Min(perSecond, full);
            fullPerSecond = full;
        }
    }

    internal void Leave() => parallel.Release();

    internal void Succeeded(long number)
    {
        lock (gate)
        {
            rejectionsInARow = number > lastBeforeRejection ? 0 : rejectionsInARow;
        }
    }

    internal void Failed(long number, AppleException exception)
    {
        lock (gate)
        {
            var now = SinceStart();
            var pause = exception.RetryAfter;

            // A rejection of a request that was sent before the last halving says nothing about the new rate.
            if (exception.Kind == AppleErrorKind.Throttled && number > lastBeforeRejection)
            {
                Recover(now);
                perSecond = Math.Max(LeastPerSecond, perSecond / 2);
                rateSince = now;
                lastBeforeRejection = lastTaken;
                pause ??= Backoff(++rejectionsInARow);
            }

            if (pause is { } length && now + length > pausedUntil)
            {
                pausedUntil = now + length;
            }
        }
    }

    // With jitter, so that clients that were rejected together do not come back together.
    private static TimeSpan Backoff(int rejections) =>
        TimeSpan.FromSeconds(Math.Min(LongestBackoff.TotalSeconds, Math.Pow(2, rejections - 1)))
        * (1 + (Jitter * Random.Shared.NextDouble()));

    private (TimeSpan Wait, long Number) TakeSlot(TimeSpan longestPause)
    {
        lock (gate)
        {
            var now = SinceStart();
            if (pausedUntil - now > longestPause)
            {
                throw new AppleException(
                    AppleErrorKind.Paused,
                    $"Apple asked for a pause until {time.GetUtcNow() + (pausedUntil - now):u}. The request was not sent."
                )
                {
                    RetryAfter = pausedUntil - now,
                };
            }

            var slot = nextSlot > pausedUntil ? nextSlot : pausedUntil;
            if (slot > now)
            {
                return (slot - now, 0);
            }

            Recover(now);
            nextSlot = now + TimeSpan.FromSeconds(1 / perSecond);
            return (TimeSpan.Zero, ++lastTaken);
        }
    }

    private TimeSpan SinceStart() => time.GetElapsedTime(start);

    private void Recover(TimeSpan now)
    {
        var quiet = Math.Floor((now - rateSince) / QuietTime);
        if (quiet >= 1 && perSecond < fullPerSecond)
        {
            perSecond = Math.Min(fullPerSecond, perSecond * Math.Pow(1.1, quiet));
            rateSince += quiet * QuietTime;
        }
    }
}

/// <summary>Permission for one request. Disposing it admits the next one.</summary>
internal sealed class RequestPermit(RequestRate rate, long number) : IDisposable
{
    public void Succeeded() => rate.Succeeded(number);

    public void Failed(AppleException exception) => rate.Failed(number, exception);

    public void Dispose() => rate.Leave();
}
