using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Health;
using NotificationHub.Storage;

namespace NotificationHub.Retention;

/// <summary>Reports rows that are overdue for deletion: a log that only grows fills the disk.</summary>
internal sealed class RetentionStatus(
    EventRetentionLimit limit,
    LogAges ages,
    IOptions<RetentionOptions> options,
    TrustedClock clock
) : IStageStatus
{
    public async Task<IReadOnlyList<StageStatus>> ReadAsync(StageStatusQuery query, CancellationToken cancellationToken)
    {
        // The same clock as for the deletion: rows that only a wrong clock makes old are not overdue.
        var now = await clock.PeekAsync(cancellationToken);
        var events = await ReadAsync(query.Connection, PrunedLog.Events, options.Value.Events, now);
        var notifications = await ReadAsync(
            query.Connection,
            PrunedLog.Notifications,
            options.Value.Notifications,
            now
        );
        var backlog = events.Backlog + notifications.Backlog;
        // Notifications are kept while an event refers to them.
        var heldBy = backlog > 0 ? (await limit.ReadAsync(query.Connection, now.Now)).HeldBy : null;
        return
        [
            new StageStatus(RetentionWorker.LeaseName)
            {
                ProgressMarker = $"{events.Start} {notifications.Start}",
                Backlog = backlog,
                OldestPendingAt = Earlier(events.DueAt, notifications.DueAt),
                Error = heldBy is null ? null : $"{heldBy} still needs them",
            },
        ];
    }

    private async Task<(long Start, long Backlog, DateTimeOffset? DueAt)> ReadAsync(
        DbConnection connection,
        PrunedLog log,
        TimeSpan keepFor,
        TrustedTime now
    )
    {
        var start = await connection.ExecuteScalarAsync<long>(log.StartSql);
        var before = now.Now - keepFor;
        var first = await ages.ReadFirstAsync(connection, log, now.Future);
        return first is var (_, at) && at <= before
            ? (start, await LogAges.CountOlderAsync(connection, log, before), at + keepFor)
            : (start, 0, null);
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null || other < one ? other : one;
}
