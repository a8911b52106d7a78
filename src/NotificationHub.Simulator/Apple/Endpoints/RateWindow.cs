namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>The requests of a location within the last second.</summary>
internal sealed class RateWindow
{
    private readonly Lock _lock = new();
    private readonly Queue<DateTimeOffset> _recent = new();

    /// <summary>Counts a request that fits; one that does not is not counted.</summary>
    public bool TryEnter(DateTimeOffset now, int perSecond)
    {
        lock (_lock)
        {
            while (_recent.TryPeek(out var oldest) && now - oldest >= TimeSpan.FromSeconds(1))
            {
                _recent.Dequeue();
            }

            if (_recent.Count >= perSecond)
            {
                return false;
            }

            _recent.Enqueue(now);
            return true;
        }
    }
}
