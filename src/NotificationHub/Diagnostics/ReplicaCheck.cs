using NotificationHub.Locations;

namespace NotificationHub.Diagnostics;

/// <summary>Whether a hub runs on this database.</summary>
internal sealed class ReplicaCheck(ReplicaWatch replicas) : IHubCheck
{
    public string Name => "running hub";

    public bool NeedsDatabase => true;

    public async Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellationToken) =>
        await replicas.IsAnyLiveAsync(cancellationToken)
            ? [Finding.Ok("one was seen on this database within seconds")]
            : [Finding.Failed("none is seen on this database", "Start the hub: `serve`, with the same settings.")];
}
