using NotificationHub.Locations;

namespace NotificationHub.Diagnostics;

internal sealed class ReplicaCheck(ReplicaBarrier replicas) : DiagnosticCheck("running hub", needsDatabase: true)
{
    public override async Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(CancellationToken cancellationToken) =>
        await replicas.IsAnyLiveAsync(cancellationToken)
            ? [DiagnosticResult.Ok("a hub used this database within the last seconds")]
            :
            [
                DiagnosticResult.Failed(
                    "no hub is using this database",
                    "Start the hub: `serve`, with the same settings."
                ),
            ];
}
