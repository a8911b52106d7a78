using NotificationHub.Storage;

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

    public (DateTimeOffset FirstRequestedAt, TimeSpan MaxWait, DateTimeOffset DueAt) Request(
        StoredTarget? known,
        DateTimeOffset now
    )
    {
        if (known is { IsDelayed: true })
        {
            // The cause of the failure may be gone. The waits restart and grow, so that a read that Apple keeps
            // rejecting is not repeated for each notification.
            var longer = Longer(known.MaxWait);
            return (now, longer, StoredTime.Earlier(known.DueAt, Due(now, longer, now)));
        }

        if (known is { IsPending: true })
        {
            // A time in the future was written while a clock was ahead, and would extend the maximum wait.
            var first = StoredTime.Earlier(known.FirstRequestedAt, now);
            return (first, known.MaxWait, Due(first, known.MaxWait, now));
        }

        var maxWait =
            known is { ReadAt: { } readAt }
            && readAt <= now
            && (now - readAt <= BusyWaits * known.MaxWait || now - readAt <= LongestMaxWait)
                ? Longer(known.MaxWait)
                : InitialMaxWait;
        return (now, maxWait, Due(now, maxWait, now));
    }

    /// <summary>When a target is due that was requested again during its read.</summary>
    public (TimeSpan MaxWait, DateTimeOffset DueAt) RequestDuringRead(TimeSpan maxWait, DateTimeOffset now)
    {
        var longer = Longer(maxWait);
        return (longer, Due(now, longer, now));
    }

    /// <summary>Whether a target with this maximum wait was read shortly before its request.</summary>
    public bool IsBusy(TimeSpan maxWait) => maxWait > InitialMaxWait;

    /// <summary>The requests that count as a burst, and how long which targets wait for its end.</summary>
    public (DateTimeOffset RequestedAfter, DateTimeOffset Until, TimeSpan MaxWait) InBurst(DateTimeOffset now) =>
        (now - QuietPeriod, now + QuietPeriod, InitialMaxWait);

    private TimeSpan Longer(TimeSpan maxWait) => maxWait * Growth < LongestMaxWait ? maxWait * Growth : LongestMaxWait;

    private DateTimeOffset Due(DateTimeOffset firstRequestedAt, TimeSpan maxWait, DateTimeOffset now)
    {
        var quiet = IsBusy(maxWait) ? maxWait / 2 : QuietPeriod;
        return StoredTime.Earlier(now + quiet, firstRequestedAt + maxWait);
    }
}
