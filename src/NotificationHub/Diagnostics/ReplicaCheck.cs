using NotificationHub.Locations;

namespace NotificationHub.Diagnostics;

/// <summary>Whether a hub runs on this database.</summary>
internal sealed class ReplicaCheck(ReplicaBarrier replicas) : IDiagnosticCheck
{
    public string Name => "running hub";

    public bool NeedsDatabase => true;

    public async Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(CancellationToken cancellationToken) =>
        await replicas.IsAnyLiveAsync(cancellationToken)
            ? [DiagnosticResult.Ok("one was seen on this database within seconds")]
            :
            [
                DiagnosticResult.Failed(
                    "none is seen on this database",
                    "Start the hub: `serve`, with the same settings."
                ),
            ];
}
