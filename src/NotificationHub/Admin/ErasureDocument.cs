using NotificationHub.Erasure;

namespace NotificationHub.Admin;

/// <summary>What became of a purge; it does not say whose.</summary>
/// <param name="Kind"><c>device</c> or <c>user</c>.</param>
/// <param name="DryRun">Nothing was changed.</param>
/// <param name="State"><c>done</c>, or <c>under-way</c>: the hub finishes it.</param>
/// <param name="AuditEntry">The entry of the audit log, to refer to.</param>
/// <param name="Notifications">Posts that named them; null where it is under way, or another process did it.</param>
/// <param name="Events">Events that named them.</param>
/// <param name="Records">What named them elsewhere: the snapshot, refetch targets, reports of operations, dead letters.</param>
/// <param name="Remarks">What it does not reach.</param>
internal sealed record ErasureDocument(
    string Kind,
    bool DryRun,
    string State,
    long? AuditEntry,
    long? Notifications,
    long? Events,
    long? Records,
    IReadOnlyList<string> Remarks
)
{
    private const string Sent =
        "Messages that were sent to the bus, consumers' copies and backups of the database are not reached.";

    private const string AtApple =
        "What Apple still has comes back with the next notification or read: retire the user or release the device at Apple first.";

    public static ErasureDocument Of(ErasureRequest request, ErasureResult result) =>
        new(
            request.Kind,
            result.AuditSeq is null,
            result.IsDone ? "done" : "under-way",
            result.AuditSeq,
            result.Counts?.Notifications,
            result.Counts?.Events,
            result.Counts?.Records,
            [Sent, AtApple]
        );
}
