namespace NotificationHub.Refetch.Targets;

/// <summary>
/// When a target is read. At first after a quiet period, and at the latest after a maximum wait. While it stays busy the
/// maximum wait triples with each re-read and the quiet period is half of it, so that a burst of five minutes costs a first
/// read early, a last read after the last hint, and few between, however the hints are spaced. All in Unix milliseconds.
/// </summary>
internal sealed record RefetchTiming(TimeSpan Quiet, TimeSpan InitialMaxWait, TimeSpan LongestMaxWait)
{
    /// <summary>When a target is read once more whose read contradicted the notification.</summary>
    public TimeSpan StaleReadDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many maximum waits after its last read a target still counts as busy, and the longest of them at least.</summary>
    private const int BusyWaits = 4;

    private const int Growth = 3;

    /// <summary>When a target is due after being asked for at <paramref name="now"/>.</summary>
    public (long FirstRequestedAt, long MaxWait, long DueAt) Request(WaitingTarget? known, long now)
    {
        if (known is { IsPutOff: true })
        {
            // The cause of the failure may be gone. The waits restart and grow, so that a read that Apple keeps refusing is not repeated for each
            // notification.
            var longer = Longer(known.MaxWait);
            return (now, longer, Math.Min(known.DueAt, Due(now, longer, now)));
        }

        if (known is { IsWaiting: true })
        {
            // A time in the future was written while a clock was ahead, and would delay the end of the maximum wait by as much.
            var first = Math.Min(known.FirstRequestedAt, now);
            return (first, known.MaxWait, Due(first, known.MaxWait, now));
        }

        var maxWait =
            known is { ReadAt: { } readAt }
            && readAt <= now
            && now - readAt <= Math.Max(BusyWaits * known.MaxWait, Longest)
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

    /// <summary>Whether a target that waits so long was read not long before it was asked for.</summary>
    public bool IsBusy(long maxWait) => maxWait > First;

    /// <summary>When a target that is due waits no longer for a burst to end that it is part of.</summary>
    public (long AskedAfter, long Until, long Most) InBurst(long now) =>
        (now - (long)Quiet.TotalMilliseconds, now + (long)Quiet.TotalMilliseconds, First);

    private long First => (long)InitialMaxWait.TotalMilliseconds;

    private long Longest => (long)LongestMaxWait.TotalMilliseconds;

    private long Longer(long maxWait) => Math.Min(maxWait * Growth, Longest);

    private long Due(long firstRequestedAt, long maxWait, long now)
    {
        var quiet = !IsBusy(maxWait) ? (long)Quiet.TotalMilliseconds : maxWait / 2;
        return Math.Min(now + quiet, firstRequestedAt + maxWait);
    }
}
