using System.Data.Common;
using Dapper;
using NotificationHub.Retention;
using NotificationHub.Storage;

namespace NotificationHub.Health;

/// <summary>What should be gone and is not: a log that only grows fills the disk.</summary>
internal static class RetentionStage
{
    public static async Task<StageReading> ReadAsync(
        DbConnection connection,
        EventRetentionLimit bounds,
        LogAges ages,
        RetentionOptions keep,
        TrustedTime now
    )
    {
        var events = await ReadAsync(connection, ages, PrunedLog.Events, keep.Events, now);
        var notifications = await ReadAsync(connection, ages, PrunedLog.Notifications, keep.Notifications, now);
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
        LogAges ages,
        PrunedLog log,
        TimeSpan keepFor,
        TrustedTime now
    )
    {
        var start = await connection.ExecuteScalarAsync<long>(log.StartSql);
        var before = now.Now - (long)keepFor.TotalMilliseconds;
        var first = await ages.ReadFirstAsync(connection, log, now.Future);
        return first is var (_, at) && at <= before
            ? (start, await LogAges.CountOlderAsync(connection, log, before), StageReading.TimeOf(at) + keepFor)
            : (start, 0, null);
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null || other < one ? other : one;
}
