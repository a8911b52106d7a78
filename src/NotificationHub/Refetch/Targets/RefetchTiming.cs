namespace NotificationHub.Refetch.Targets;

/// <summary>Computes when a target is due: after a quiet period, and at the latest after a maximum wait.</summary>
// While a target stays busy, its maximum wait triples with each read, and its quiet period is half of it. So a burst of
// five minutes costs an early read, one after the last request, and few between, however the requests are spaced.
internal sealed record RefetchTiming(TimeSpan QuietPeriod, TimeSpan InitialMaxWait, TimeSpan LongestMaxWait)
{
    public TimeSpan StaleReadDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A target is busy for this many maximum waits after its last read, but at least for the longest.</summary>
    private const int BusyWaits = 4;

    private const int Growth = 3;

    public (long FirstRequestedAt, long MaxWait, long DueAt) Request(StoredTarget? known, long now)
    {
        if (known is { IsDelayed: true })
        {
            // The cause of the failure may be gone. The waits restart and grow, so that a read that Apple keeps
            // rejecting is not repeated for each notification.
            var longer = Longer(known.MaxWait);
            return (now, longer, Math.Min(known.DueAt, Due(now, longer, now)));
        }

        if (known is { IsPending: true })
        {
            // A time in the future was written while a clock was ahead, and would extend the maximum wait.
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

    /// <summary>When a target is due that was requested again during its read.</summary>
    public (long MaxWait, long DueAt) RequestDuringRead(long maxWait, long now)
    {
        var longer = Longer(maxWait);
        return (longer, Due(now, longer, now));
    }

    /// <summary>Whether a target with this maximum wait was read shortly before its request.</summary>
    public bool IsBusy(long maxWait) => maxWait > First;

    /// <summary>The requests that count as a burst, and how long which targets wait for its end.</summary>
    public (long RequestedAfter, long Until, long MaxWait) InBurst(long now) =>
        (now - (long)QuietPeriod.TotalMilliseconds, now + (long)QuietPeriod.TotalMilliseconds, First);

    private long First => (long)InitialMaxWait.TotalMilliseconds;

    private long Longest => (long)LongestMaxWait.TotalMilliseconds;

    private long Longer(long maxWait) => Math.Min(maxWait * Growth, Longest);

    private long Due(long firstRequestedAt, long maxWait, long now)
    {
        var quiet = !IsBusy(maxWait) ? (long)QuietPeriod.TotalMilliseconds : maxWait / 2;
        return Math.Min(now + quiet, firstRequestedAt + maxWait);
    }
}
