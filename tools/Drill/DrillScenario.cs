using NotificationHub.Drill.Scenarios;
using NotificationHub.Simulator.Demonstration;

namespace NotificationHub.Drill;

/// <summary>A failure of a dependency, what an operator sees, and the recovery.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="PlayAsync">Breaks and repairs the dependency. The caller checks that the hub recovers.</param>
internal sealed record DrillScenario(string Name, string Title, Func<DrillScene, CancellationToken, Task> PlayAsync)
{
    public DrillOptions Options { get; init; } = new();

    /// <summary>Whether Apple abandons deliveries. A reconciliation must find their changes.</summary>
    public bool AbandonsDeliveries { get; init; }

    public static readonly IReadOnlyList<DrillScenario> All =
    [
        new("bus-down", "Service Bus rejects every connection for three hours", BusDown.PlayAsync),
        new("apple-down", "Apple's API returns 503 for three hours", AppleDown.PlayAsync),
        new("token-revoked", "Apple rejects a revoked content token for eight hours", TokenRevoked.PlayAsync),
        new("database-locked", "another program locks the database for two minutes", DatabaseLocked.PlayAsync),
        new("disk-full", "the database cannot grow for two minutes", DiskFull.PlayAsync),
        new("database-away", "the hub starts while its database server is away", DatabaseAway.PlayAsync),
        new("database-slow", "transactions take seconds", DatabaseSlow.PlayAsync) { Options = DatabaseSlow.Options },
        new("topic-full", "an unread subscription fills its topic", TopicFull.PlayAsync)
        {
            Options = TopicFull.Options,
        },
        new("certificate-expired", "the certificate of the custom domain expires", CertificateExpired.PlayAsync)
        {
            Options = CertificateExpired.Options,
            AbandonsDeliveries = true,
        },
    ];

    public async Task<DrillResult> RunAsync(CancellationToken cancellationToken)
    {
        await using var scene = await DrillScene.StartAsync(Options, cancellationToken);
        string? error = null;
        try
        {
            await PlayAsync(scene, cancellationToken);
            await scene.UntilHealthyAsync(cancellationToken);
            scene.Journal.RecordResponses();
            await scene.Journal.RecordHealthAsync(cancellationToken);
            await scene.Journal.RecordEventsAsync(cancellationToken);
        }
        catch (TimeoutException exception)
        {
            error = exception.Message;
        }

        return await AuditAsync(scene, error, cancellationToken);
    }

    private async Task<DrillResult> AuditAsync(DrillScene scene, string? error, CancellationToken cancellationToken)
    {
        var counts = await HubCounts.ReadAsync(scene.Database, cancellationToken);
        var findings = await scene.Audit.RunAsync(scene.Database, cancellationToken);
        var deliveries = scene.Apple.DeliveryCounts;
        var abandoned = AbandonsDeliveries ? deliveries.Abandoned : 0;
        scene.Journal.Record(
            "audit",
            $"{deliveries.Answered} deliveries answered 2xx, {(abandoned > 0 ? $"{abandoned} abandoned by Apple, " : "")}{counts.Stored} notifications stored; {counts.Appended} events appended, {counts.Published} published"
        );
        return new DrillResult
        {
            Scenario = Name,
            Title = Title,
            Timeline = scene.Journal.Lines,
            LeftOver = counts.LeftOver + deliveries.Copies - deliveries.Answered - abandoned,
            Violations = [.. scene.Apple.Violations, .. scene.Bus.Violations],
            Restarted = await scene.Journal.ReadReplicaAsync(cancellationToken) != scene.Replica,
            Error = error,
        }.With(findings);
    }
}
