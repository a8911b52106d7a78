namespace NotificationHub.Simulator.Apple;

/// <summary>One post of a notification.</summary>
/// <param name="Status">The receiver's status; null where there was no answer.</param>
/// <param name="RetryAfter">Its <c>Retry-After</c>. Apple does not heed it.</param>
internal sealed record DeliveryAttempt(DateTimeOffset At, int? Status, TimeSpan? RetryAfter = null)
{
    public bool IsAnswered => Status is >= 200 and < 300;
}

/// <summary>What became of a notification.</summary>
/// <param name="Copies">How often Apple set out to deliver it: 2 for a duplicate.</param>
/// <param name="CopiesGivenUp">Copies whose three attempts all failed.</param>
internal sealed record DeliveredNotification(
    string NotificationId,
    string NotificationType,
    string LocationUId,
    ReadOnlyMemory<byte> Body,
    int Copies,
    int CopiesGivenUp,
    IReadOnlyList<DeliveryAttempt> Attempts
)
{
    /// <summary>Whether the receiver took it at least once, and so must have kept it.</summary>
    public bool IsAnswered => Attempts.Any(attempt => attempt.IsAnswered);
}

/// <summary>Posts over all locations, the tests of Client Config included.</summary>
/// <param name="Copies">What Apple set out to deliver: the notifications, those that go out twice counted twice.</param>
/// <param name="Sent">Attempts.</param>
/// <param name="Answered">Attempts that the receiver answered 2xx.</param>
/// <param name="GaveUp">Copies whose attempts all failed.</param>
internal readonly record struct PostCounts(int Copies, int Sent, int Answered, int GaveUp);
