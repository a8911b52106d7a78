using Dapper;
using Microsoft.Data.Sqlite;

namespace NotificationHub.Drill.Scenarios;

internal static class DatabaseLocked
{
    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var witness = scene.Witness;
        await using (var other = new SqliteConnection($"Data Source={scene.DatabaseFile};Pooling=False"))
        {
            await other.OpenAsync(cancellationToken);
            await other.ExecuteAsync("begin exclusive");
            witness.Did("another program holds the database; Apple posts");
            await WorkWithoutAsync(scene, "the database cannot be used", cancellationToken);
            await other.ExecuteAsync("rollback");
        }

        witness.Did("the other program is done; Apple's third try is yet to come");
    }

    /// <summary>Two minutes in which Apple's first two of three tries come to nothing.</summary>
    public static async Task WorkWithoutAsync(DrillScene scene, string reason, CancellationToken cancellationToken)
    {
        var witness = scene.Witness;
        await scene.WorkAsync(cancellationToken);
        await scene.UntilReasonAsync(reason, cancellationToken);
        witness.Answers();
        await witness.HealthAsync(cancellationToken);
        await scene.Time.PassAsync(TimeSpan.FromMinutes(2), cancellationToken);
        witness.Did("two minutes later; Apple has tried a second time");
        witness.Answers();
        await witness.HealthAsync(cancellationToken);
        witness.Metric("notificationhub.intake.deliveries{outcome=unavailable}");
        await witness.EventsAsync(cancellationToken);
    }
}
