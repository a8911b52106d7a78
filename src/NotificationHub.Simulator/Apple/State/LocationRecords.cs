namespace NotificationHub.Simulator.Apple.State;

/// <summary>The current snapshot of a location and the earlier ones that lagging reads still return.</summary>
internal sealed class LocationRecords(TimeProvider timeProvider, Func<TimeSpan> readLag)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(DateTimeOffset ReplacedAt, LocationSnapshot Snapshot)> _earlier = new();
    private LocationSnapshot _current = LocationSnapshot.Empty;
    private LocationSnapshot? _frozen;

    public LocationSnapshot Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>The snapshot for read endpoints: frozen, lagging or current.</summary>
    public LocationSnapshot Visible
    {
        get
        {
            lock (_lock)
            {
                DiscardEarlier();
                return _frozen ?? _earlier.First?.Value.Snapshot ?? _current;
            }
        }
    }

    public T Change<T>(Func<RecordsChange, T> change)
    {
        lock (_lock)
        {
            var changing = new RecordsChange(_current);
            var result = change(changing);
            if (readLag() > TimeSpan.Zero)
            {
                _earlier.AddLast((timeProvider.GetUtcNow(), _current));
            }

            _current = changing.ToSnapshot();
            return result;
        }
    }

    public void FreezeReads()
    {
        lock (_lock)
        {
            _frozen = _current;
        }
    }

    public void ThawReads()
    {
        lock (_lock)
        {
            _frozen = null;
        }
    }

    private void DiscardEarlier()
    {
        var visibleSince = timeProvider.GetUtcNow() - readLag();
        while (_earlier.First is { } oldest && oldest.Value.ReplacedAt <= visibleSince)
        {
            _earlier.RemoveFirst();
        }
    }
}
