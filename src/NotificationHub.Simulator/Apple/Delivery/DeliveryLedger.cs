namespace NotificationHub.Simulator.Apple.Delivery;

/// <summary>Remembers every notification and each attempt to post it.</summary>
internal sealed class DeliveryLedger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];
    private PostCounts _counts;

    public PostCounts Counts
    {
        get
        {
            lock (_lock)
            {
                return _counts;
            }
        }
    }

    public IReadOnlyList<DeliveredNotification> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries.Values.Select(entry => entry.ToRecord())];
            }
        }
    }

    public void Expect(OutgoingNotification notification)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(notification.Id, out var entry))
            {
                entry = new Entry(notification);
                _entries.Add(notification.Id, entry);
            }

            entry.Copies++;
            _counts = _counts with { Copies = _counts.Copies + 1 };
        }
    }

    public void Attempted(OutgoingNotification notification, DeliveryAttempt attempt)
    {
        lock (_lock)
        {
            _entries[notification.Id].Attempts.Add(attempt);
            _counts = _counts with
            {
                Sent = _counts.Sent + 1,
                Answered = _counts.Answered + (attempt.IsAnswered ? 1 : 0),
            };
        }
    }

    public void GaveUp(OutgoingNotification notification)
    {
        lock (_lock)
        {
            _entries[notification.Id].CopiesGivenUp++;
            _counts = _counts with { GaveUp = _counts.GaveUp + 1 };
        }
    }

    private sealed class Entry(OutgoingNotification notification)
    {
        public int Copies { get; set; }

        public int CopiesGivenUp { get; set; }

        public List<DeliveryAttempt> Attempts { get; } = [];

        public DeliveredNotification ToRecord() =>
            new(
                notification.Id,
                notification.Type,
                notification.LocationUId,
                notification.Body,
                Copies,
                CopiesGivenUp,
                [.. Attempts]
            );
    }
}
