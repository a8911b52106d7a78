namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>What Apple asks a location to wait for: the end of a Retry-After, and half a minute between two looks at an event.</summary>
internal sealed class Patience
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, DateTimeOffset> _lastLooks = new(StringComparer.Ordinal);
    private DateTimeOffset _until;

    public void Ask(DateTimeOffset? until)
    {
        lock (_lock)
        {
            _until = until > _until ? until.Value : _until;
        }
    }

    public bool IsEarly(DateTimeOffset now)
    {
        lock (_lock)
        {
            return now < _until;
        }
    }

    /// <returns>False where the last look at this event was less than 30 seconds ago.</returns>
    public bool TryLook(string eventId, DateTimeOffset now)
    {
        lock (_lock)
        {
            var waited = !_lastLooks.TryGetValue(eventId, out var last) || now - last >= BetweenLooks;
            _lastLooks[eventId] = now;
            return waited;
        }
    }
}
