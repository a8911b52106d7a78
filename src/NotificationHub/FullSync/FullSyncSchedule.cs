using Microsoft.Extensions.Options;
using NotificationHub.Refetch;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

internal sealed class FullSyncSchedule(IOptions<FullSyncOptions> options, TimeProvider time)
{
    // Locations that were registered together must not stay in step.
    private const double Spread = 0.1;

    /// <summary>The longest interval between reads of all users.</summary>
    // Incremental reads do not return users that are gone.
    public static readonly TimeSpan AllUsersEvery = TimeSpan.FromDays(7);

    public DateTimeOffset Now => time.GetStoredUtcNow();

    public DateTimeOffset NextRequest =>
        Now + TimeSpan.FromMilliseconds(Math.Ceiling(1000 / options.Value.RequestsPerSecond));

    /// <summary>Whether all users must be read now, because the next reconciliation would be too late.</summary>
    // A last read in the future means that the clock was set back.
    public bool IsCompleteReadDue(FullSyncState fullSync) =>
        fullSync.CompleteAt is not { } last
        || last > Now
        || last + AllUsersEvery < Now + (IntervalOf(RecordKind.User) * (1 + Spread));

    /// <summary>When a kind that Apple refuses is retried.</summary>
    public DateTimeOffset NextTry(RecordKind kind) => NextFullSync(kind) ?? Now + RefetchFailures.FailedRetryDelay;

    /// <returns>The next full sync of the kind; null if none is scheduled.</returns>
    public DateTimeOffset? NextFullSync(RecordKind kind)
    {
        var interval = IntervalOf(kind);
        var factor = 1 - Spread + (2 * Spread * Random.Shared.NextDouble());
        return interval == TimeSpan.Zero ? null : Now + (interval * factor);
    }

    private TimeSpan IntervalOf(RecordKind kind)
    {
        var every = options.Value.Interval;
        // Even with the spread, it must not be later.
        var longest = AllUsersEvery / (1 + Spread);
        return kind == RecordKind.Subscription || kind == RecordKind.SubscriptionAssignment
                ? options.Value.SubscriptionInterval
            : kind == RecordKind.User && (every == TimeSpan.Zero || every > longest) ? longest
            : every;
    }
}
