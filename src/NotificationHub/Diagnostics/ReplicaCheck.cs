using NotificationHub.Locations;

namespace NotificationHub.Diagnostics;

internal sealed class ReplicaCheck(ReplicaBarrier replicas) : SingleDiagnosticCheck("running hub", needsDatabase: true)
{
    protected override async Task<DiagnosticResult> CheckOneAsync(CancellationToken cancellationToken) =>
        await replicas.IsAnyLiveAsync(cancellationToken)
            ? DiagnosticResult.Ok("a hub used this database within the last seconds")
            : DiagnosticResult.Failed(
                "no hub is using this database",
                "Start the hub: `serve`, with the same settings."
            );
}
