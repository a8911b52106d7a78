using Microsoft.Extensions.Options;
using NotificationHub.Refetch.Snapshots;

namespace NotificationHub.Refetch.Surveys;

/// <summary>When surveys are due. Spread, so that locations that were registered together do not stay together.</summary>
internal sealed class SurveySchedule(IOptions<RefetchOptions> options, TimeProvider time)
{
    private const double Spread = 0.1;

    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>When the next request may be sent after one that is answered now.</summary>
    public long NextRequest => Now + (long)Math.Ceiling(1000 / options.Value.SurveyRequestsPerSecond);

    /// <summary>When the kind is surveyed next after one that ended now; null where it is not.</summary>
    public long? NextSurvey(SnapshotKind kind)
    {
        var interval =
            kind == SnapshotKind.Subscription || kind == SnapshotKind.SubscriptionAssignment
                ? options.Value.ReconcileSubscriptionsEvery
                : options.Value.ReconcileEvery;
        var factor = 1 - Spread + (2 * Spread * Random.Shared.NextDouble());
        return interval == TimeSpan.Zero ? null : Now + (long)(interval * factor).TotalMilliseconds;
    }
}
