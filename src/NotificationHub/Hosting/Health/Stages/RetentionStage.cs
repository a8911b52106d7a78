using System.Data.Common;
using Dapper;
using NotificationHub.Hosting.Retention;
using NotificationHub.Storage;

namespace NotificationHub.Hosting.Health.Stages;

/// <summary>What should be gone and is not: a log that only grows fills the disk.</summary>
internal static class RetentionStage
{
    public static async Task<StageReading> ReadAsync(
        DbConnection connection,
        EventBounds bounds,
        RetentionOptions keep,
        DateTimeOffset now
    )
    {
        var events = await ReadAsync(connection, PrunedLog.Events, keep.Events, now);
        var notifications = await ReadAsync(connection, PrunedLog.Notifications, keep.Notifications, now);
        // Notifications wait for the events that point at them.
        var held = events.Behind + notifications.Behind > 0 ? (await bounds.ReadAsync(connection)).HeldBy : null;
        return new StageReading(RetentionWorker.LeaseName)
        {
            Progress = $"{events.Start} {notifications.Start}",
            Behind = events.Behind + notifications.Behind,
            OldestAt = Earlier(events.DueAt, notifications.DueAt),
            Fault = held is null ? null : $"they are needed by {held}",
        };
    }

    private static async Task<(long Start, long Behind, DateTimeOffset? DueAt)> ReadAsync(
        DbConnection connection,
        PrunedLog log,
        TimeSpan keepFor,
        DateTimeOffset now
    )
    {
        var start = await connection.ExecuteScalarAsync<long>(log.StartSql);
        var future = (now + TrustedClock.Tolerance).ToUnixTimeMilliseconds();
        var first = await LogAges.ReadFirstAsync(connection, log, future);
        var dueAt = StageReading.TimeOf(first?.At) + keepFor;
        return dueAt is null || dueAt > now
            ? (start, 0, null)
            : (start, await LogAges.CountOlderAsync(connection, log, (now - keepFor).ToUnixTimeMilliseconds()), dueAt);
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null || other < one ? other : one;
}
