namespace NotificationHub.Drill.Scenarios;

internal static class DiskFull
{
    private const long NoLimit = 1_000_000_000;

    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var witness = scene.Witness;
        await LimitPagesAsync(scene, 1, cancellationToken);
        witness.Did("not one page more can be written; Apple posts");
        await FillAsync(scene, cancellationToken);
        await DatabaseLocked.WorkWithoutAsync(scene, "database or disk is full", cancellationToken);
        await LimitPagesAsync(scene, NoLimit, cancellationToken);
        witness.Did("there is room again; Apple's third try is yet to come");
    }

    // SQLite raises a limit below the present size to that size.
    private static Task LimitPagesAsync(DrillScene scene, long pages, CancellationToken cancellationToken) =>
        scene.Database.WriteAsync(
            transaction => transaction.ExecuteAsync($"pragma max_page_count = {pages}"),
            cancellationToken
        );

    /// <summary>Pages that are begun take something yet.</summary>
    private static async Task FillAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        while (scene.Apple.Notifications.All(notification => notification.Attempts.All(attempt => attempt.IsAnswered)))
        {
            await scene.WorkAsync(cancellationToken);
        }
    }
}
