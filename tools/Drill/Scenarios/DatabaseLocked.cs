using Dapper;
using Microsoft.Data.Sqlite;

namespace NotificationHub.Drill.Scenarios;

internal static class DatabaseLocked
{
    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var journal = scene.Journal;
        await using (var other = new SqliteConnection($"Data Source={scene.DatabaseFile};Pooling=False"))
        {
            await other.OpenAsync(cancellationToken);
            await other.ExecuteAsync("begin exclusive");
            journal.Action("another program locks the database; Apple keeps delivering");
            await WorkDuringOutageAsync(scene, "the database cannot be used", cancellationToken);
            await other.ExecuteAsync("rollback");
        }

        journal.Action("the lock is released; Apple's third attempt follows");
    }

    /// <summary>Two minutes in which Apple's first two attempts fail.</summary>
    public static async Task WorkDuringOutageAsync(DrillScene scene, string reason, CancellationToken cancellationToken)
    {
        var journal = scene.Journal;
        await scene.WorkAsync(cancellationToken);
        await scene.UntilReasonAsync(reason, cancellationToken);
        journal.RecordResponses();
        await journal.RecordHealthAsync(cancellationToken);
        await scene.Time.PassAsync(TimeSpan.FromMinutes(2), cancellationToken);
        journal.Action("two minutes later; Apple has made its second attempt");
        journal.RecordResponses();
        await journal.RecordHealthAsync(cancellationToken);
        journal.RecordMetric("notificationhub.intake.deliveries{outcome=unavailable}");
        await journal.RecordEventsAsync(cancellationToken);
    }
}
