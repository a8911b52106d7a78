namespace NotificationHub.Drill.Scenarios;

internal static class DiskFull
{
    private const long NoLimit = 1_000_000_000;

    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var journal = scene.Journal;
        await LimitPagesAsync(scene, 1, cancellationToken);
        journal.Action("the database cannot grow by a single page; Apple keeps delivering");
        await FillAsync(scene, cancellationToken);
        await DatabaseLocked.WorkDuringOutageAsync(scene, "database or disk is full", cancellationToken);
        await LimitPagesAsync(scene, NoLimit, cancellationToken);
        journal.Action("there is space again; Apple's third attempt follows");
    }

    // SQLite raises a limit below the present size to that size.
    private static Task LimitPagesAsync(DrillScene scene, long pages, CancellationToken cancellationToken) =>
        scene.Database.WriteAsync(
            transaction => transaction.ExecuteAsync($"pragma max_page_count = {pages}"),
            cancellationToken
        );

    // Partly filled pages still accept some rows.
    private static async Task FillAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        while (scene.Apple.Notifications.All(notification => notification.Attempts.All(attempt => attempt.IsAnswered)))
        {
            await scene.WorkAsync(cancellationToken);
        }
    }
}
