namespace NotificationHub.Drill.Scenarios;

internal static class DatabaseAway
{
    // SQL Server's driver knows real time only.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private const string LogLine = "Could not open the database";

    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var journal = scene.Journal;
        scene.DatabaseServer.Refuse();
        await scene.RestartHubAsync(cancellationToken);
        journal.Action("the hub restarts while its database server refuses connections; Apple keeps delivering");
        await scene.WorkAsync(cancellationToken);
        await UntilAsync(
            scene,
            () => scene.Log.Find(LogLine) is not null,
            "the hub logs the failure",
            cancellationToken
        );
        await RecordAsync(scene, cancellationToken);

        scene.DatabaseServer.Hang();
        journal.Action("the database server accepts connections, but does not respond");
        await UntilAsync(
            scene,
            () => scene.DatabaseServer.HasConnection,
            "the hub connects to the database server",
            cancellationToken
        );
        await scene.Time.PassAsync(TimeSpan.FromMinutes(1), cancellationToken);
        journal.Action("a minute later; Apple has made its second attempt");
        await RecordAsync(scene, cancellationToken);

        scene.DatabaseServer.Return();
        journal.Action("the database server is back; Apple's third attempt follows");
        await UntilAsync(scene, () => scene.IsStarted, "the hub opens its database", cancellationToken);
        await scene.RememberReplicaAsync(cancellationToken);
    }

    private static Task UntilAsync(
        DrillScene scene,
        Func<bool> condition,
        string what,
        CancellationToken cancellationToken
    ) => scene.Time.UntilAsync(() => Task.FromResult(condition()), what, cancellationToken, Pause);

    private static async Task RecordAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        scene.Journal.RecordResponses();
        await scene.Journal.RecordHealthAsync(cancellationToken);
        scene.Journal.RecordLog(LogLine);
    }
}
