namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>Tracks the limits that Apple sets for a location's requests: rate, parallel pages, Retry-After, status polls.</summary>
internal sealed class RequestLimits
{
    public const int MaxParallelPages = 5;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Queue<DateTimeOffset> _lastSecond = new();
    private readonly Dictionary<string, DateTimeOffset> _lastPolls = new(StringComparer.Ordinal);
    private DateTimeOffset _retryAfter;
    private int _pagesInProgress;

    public bool TryEnter(DateTimeOffset now, int perSecond)
    {
        lock (_lock)
        {
            while (_lastSecond.TryPeek(out var oldest) && now - oldest >= TimeSpan.FromSeconds(1))
            {
                _lastSecond.Dequeue();
            }

            if (_lastSecond.Count >= perSecond)
            {
                return false;
            }

            _lastSecond.Enqueue(now);
            return true;
        }
    }

    /// <returns>False if more pages than allowed are being read.</returns>
    public bool BeginPage() => Interlocked.Increment(ref _pagesInProgress) <= MaxParallelPages;

    public void EndPage() => Interlocked.Decrement(ref _pagesInProgress);

    public void RetryAfter(DateTimeOffset? until)
    {
        lock (_lock)
        {
            _retryAfter = until > _retryAfter ? until.Value : _retryAfter;
        }
    }

    /// <summary>Whether the client should still wait because of an earlier Retry-After.</summary>
    public bool IsEarly(DateTimeOffset now)
    {
        lock (_lock)
        {
            return now < _retryAfter;
        }
    }

    /// <returns>False if the event was polled less than 30 seconds ago.</returns>
    public bool TryPoll(string eventId, DateTimeOffset now)
    {
        lock (_lock)
        {
            var waited = !_lastPolls.TryGetValue(eventId, out var last) || now - last >= PollInterval;
            _lastPolls[eventId] = now;
            return waited;
        }
    }
}
