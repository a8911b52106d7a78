namespace NotificationHub.Storage;

/// <summary>
/// When a target is read. At first after a quiet period, and at the latest after a maximum wait. While it stays busy the
/// maximum wait doubles with each re-read and the quiet period is half of it, so that a burst of five minutes costs a first
/// read early, a last read after the last hint, and few between, however the hints are spaced. All in Unix milliseconds.
/// </summary>
internal sealed record RefetchTiming(TimeSpan Quiet, TimeSpan FirstMaxWait, TimeSpan LongestMaxWait)
{
    /// <summary>When a target is read once more whose read contradicted the notification.</summary>
    public TimeSpan RereadAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many maximum waits after its last read a target still counts as busy.</summary>
    private const int BusyWaits = 4;

    /// <summary>When a target is due after being asked for at <paramref name="now"/>.</summary>
    public (long FirstRequestedAt, long MaxWait, long DueAt) Request(WaitingTarget? known, long now)
    {
        if (known is { IsWaiting: true })
        {
            return (known.FirstRequestedAt, known.MaxWait, Due(known.FirstRequestedAt, known.MaxWait, now));
        }

        var maxWait =
            known is { ReadAt: { } readAt } && now - readAt <= BusyWaits * known.MaxWait
                ? Longer(known.MaxWait)
                : First;
        return (now, maxWait, Due(now, maxWait, now));
    }

    /// <summary>When a target is due again that was asked for while it was being read.</summary>
    public (long MaxWait, long DueAt) AskedMeanwhile(long maxWait, long now)
    {
        var longer = Longer(maxWait);
        return (longer, Due(now, longer, now));
    }

    private long First => (long)FirstMaxWait.TotalMilliseconds;

    private long Longer(long maxWait) => Math.Min(maxWait * 2, (long)LongestMaxWait.TotalMilliseconds);

    private long Due(long firstRequestedAt, long maxWait, long now)
    {
        var quiet = maxWait <= First ? (long)Quiet.TotalMilliseconds : maxWait / 2;
        return Math.Min(now + quiet, firstRequestedAt + maxWait);
    }
}
