using NotificationHub.Simulator.Apple.Delivery;

namespace NotificationHub.Simulator.Apple;

/// <summary>One delivery attempt.</summary>
/// <param name="Status">The HTTP status; null if there was no response.</param>
/// <param name="RetryAfter">The response's <c>Retry-After</c>, which Apple ignores.</param>
/// <param name="Error">Why there was no response; null if there was one, or after the time limit.</param>
internal sealed record DeliveryAttempt(
    DateTimeOffset At,
    int? Status,
    TimeSpan? RetryAfter = null,
    HttpRequestError? Error = null
)
{
    public bool IsAnswered => Status is >= 200 and < 300;
}

/// <summary>A notification and its delivery attempts.</summary>
/// <param name="Copies">How many deliveries are intended: 2 for a duplicate.</param>
/// <param name="CopiesAbandoned">Deliveries whose three attempts all failed.</param>
internal sealed record DeliveredNotification(
    string NotificationId,
    string NotificationType,
    string LocationUId,
    ReadOnlyMemory<byte> Body,
    int Copies,
    int CopiesAbandoned,
    IReadOnlyList<DeliveryAttempt> Attempts
)
{
    /// <summary>Whether the receiver accepted it at least once, and so must have stored it.</summary>
    public bool IsAnswered => Attempts.Any(attempt => attempt.IsAnswered);
}

/// <summary>Deliveries of all locations, including the test notifications of Client Config.</summary>
/// <param name="Copies">Intended deliveries: one for each notification, two for a duplicate.</param>
/// <param name="Sent">Attempts.</param>
/// <param name="Answered">Attempts with a 2xx response.</param>
/// <param name="Abandoned">Deliveries whose attempts all failed.</param>
internal readonly record struct DeliveryCounts(int Copies, int Sent, int Answered, int Abandoned);

internal sealed class DeliveryLog(bool keepHistory)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];
    private DeliveryCounts _counts;

    public DeliveryCounts Counts
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
            if (keepHistory)
            {
                _entries.TryAdd(notification.Id, new Entry(notification));
                _entries[notification.Id].Copies++;
            }

            _counts = _counts with { Copies = _counts.Copies + 1 };
        }
    }

    public void RecordAttempt(OutgoingNotification notification, DeliveryAttempt attempt)
    {
        lock (_lock)
        {
            _entries.GetValueOrDefault(notification.Id)?.Attempts.Add(attempt);
            _counts = _counts with
            {
                Sent = _counts.Sent + 1,
                Answered = _counts.Answered + (attempt.IsAnswered ? 1 : 0),
            };
        }
    }

    public void RecordAbandoned(OutgoingNotification notification)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(notification.Id, out var entry))
            {
                entry.CopiesAbandoned++;
            }

            _counts = _counts with { Abandoned = _counts.Abandoned + 1 };
        }
    }

    private sealed class Entry(OutgoingNotification notification)
    {
        public int Copies { get; set; }

        public int CopiesAbandoned { get; set; }

        public List<DeliveryAttempt> Attempts { get; } = [];

        public DeliveredNotification ToRecord() =>
            new(
                notification.Id,
                notification.Type,
                notification.LocationUId,
                notification.Body,
                Copies,
                CopiesAbandoned,
                [.. Attempts]
            );
    }
}
