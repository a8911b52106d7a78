using Microsoft.Extensions.Options;
using NotificationHub.Refetch;
using NotificationHub.Snapshots;

namespace NotificationHub.FullSync;

/// <summary>When full syncs are due. Spread, so that locations that were registered together do not stay together.</summary>
internal sealed class FullSyncSchedule(IOptions<RefetchOptions> options, TimeProvider time)
{
    private const double Spread = 0.1;

    /// <summary>An incremental read shows no user that is gone: all are read at least this often, whatever <see cref="RefetchOptions.ReconcileEvery"/> says.</summary>
    public static readonly TimeSpan AllUsersEvery = TimeSpan.FromDays(7);

    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>When the next request may be sent after one that is answered now.</summary>
    public long NextRequest => Now + (long)Math.Ceiling(1000 / options.Value.FullSyncRequestsPerSecond);

    /// <summary>Whether all users must be read now, because the next reconciliation would be too late. A last read in the future means that the clock was set back.</summary>
    public bool IsCompleteReadDue(FullSyncState fullSync) =>
        fullSync.CompleteAt is not { } last
        || last > Now
        || last + AllUsersEvery.TotalMilliseconds
            < Now + (IntervalOf(RecordKind.User) * (1 + Spread)).TotalMilliseconds;

    /// <summary>When a kind that Apple refuses is retried.</summary>
    public long NextTry(RecordKind kind) =>
        NextFullSync(kind) ?? Now + (long)options.Value.FailedRetryDelay.TotalMilliseconds;

    /// <summary>The next full sync of the kind, if one ended now; null if none is scheduled.</summary>
    public long? NextFullSync(RecordKind kind)
    {
        var interval = IntervalOf(kind);
        var factor = 1 - Spread + (2 * Spread * Random.Shared.NextDouble());
        return interval == TimeSpan.Zero ? null : Now + (long)(interval * factor).TotalMilliseconds;
    }

    private TimeSpan IntervalOf(RecordKind kind)
    {
        var every = options.Value.ReconcileEvery;
        // Spread, too, it is no later.
        var longest = AllUsersEvery / (1 + Spread);
        return kind == RecordKind.Subscription || kind == RecordKind.SubscriptionAssignment
                ? options.Value.ReconcileSubscriptionsEvery
            : kind == RecordKind.User && (every == TimeSpan.Zero || every > longest) ? longest
            : every;
    }
}
