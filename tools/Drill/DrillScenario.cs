using NotificationHub.Drill.Scenarios;
using NotificationHub.Simulator.Demonstration;

namespace NotificationHub.Drill;

/// <summary>Something that breaks, what is seen of it, and how it is over.</summary>
/// <param name="Name">As the command line names it.</param>
/// <param name="Title">What happens.</param>
/// <param name="PlayAsync">Breaks it and mends it; that all is well afterwards is for the caller to see.</param>
internal sealed record DrillScenario(string Name, string Title, Func<DrillScene, CancellationToken, Task> PlayAsync)
{
    public static readonly IReadOnlyList<DrillScenario> All =
    [
        new("bus-down", "Service Bus refuses every connection for three hours", BusDown.PlayAsync),
        new("apple-down", "Apple's API answers 503 for three hours", AppleDown.PlayAsync),
        new("token-revoked", "Apple takes the content token no longer, for eight hours", TokenRevoked.PlayAsync),
        new("database-locked", "another program holds the database for two minutes", DatabaseLocked.PlayAsync),
        new("disk-full", "the database cannot grow for two minutes", DiskFull.PlayAsync),
    ];

    public async Task<DrillResult> RunAsync(CancellationToken cancellationToken)
    {
        await using var scene = await DrillScene.StartAsync(cancellationToken);
        var replica = await ReplicaAsync(scene, cancellationToken);
        string? fault = null;
        try
        {
            await PlayAsync(scene, cancellationToken);
            await scene.UntilWellAsync(cancellationToken);
            scene.Witness.Answers();
            await scene.Witness.HealthAsync(cancellationToken);
            await scene.Witness.EventsAsync(cancellationToken);
        }
        catch (TimeoutException exception)
        {
            fault = exception.Message;
        }

        return await AuditAsync(scene, replica, fault, cancellationToken);
    }

    private async Task<DrillResult> AuditAsync(
        DrillScene scene,
        string replica,
        string? fault,
        CancellationToken cancellationToken
    )
    {
        var counts = await HubCounts.ReadAsync(scene.Database, cancellationToken);
        var findings = await new Audit(scene.Apple, scene.Location, scene.Bus).RunAsync(
            scene.Database,
            cancellationToken
        );
        var posts = scene.Apple.Posts;
        scene.Witness.Note(
            "audit",
            $"{posts.Answered} posts answered 2xx, {counts.Stored} in the log; {counts.Appended} events, {counts.Published} published"
        );
        return new DrillResult
        {
            Scenario = Name,
            Title = Title,
            Timeline = scene.Witness.Lines,
            LeftOver = counts.LeftOver + posts.Copies - posts.Answered,
            Violations = [.. scene.Apple.Violations, .. scene.Bus.Violations],
            Restarted = await ReplicaAsync(scene, cancellationToken) != replica,
            Fault = fault,
        }.With(findings);
    }

    private static async Task<string> ReplicaAsync(DrillScene scene, CancellationToken cancellationToken) =>
        (await scene.Witness.DetailAsync(cancellationToken)).GetProperty("replica").GetString()!;
}
