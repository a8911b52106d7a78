using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>
/// Handles a failed page: the full sync continues at the same page later, unless its position is lost. A kind that Apple keeps refusing is not
/// available: it is reported once and retried on schedule, and the import continues without it.
/// </summary>
internal sealed class FullSyncFailures(RefetchFailures failures, FullSyncSchedule schedule)
{
    public async Task NoteAsync(RefetchContext turn, FullSyncState fullSync, AppleException fault)
    {
        var ofLocation = !await failures.NoteAsync(turn, [], fault);
        var lost =
            fault.Kind
            is AppleErrorKind.RestartTraversal
                or AppleErrorKind.TraversalStuck
                or AppleErrorKind.VersionUnknown;
        await turn.WriteAsync(async transaction =>
        {
            if (fault.Kind == AppleErrorKind.VersionUnknown && fullSync.Kind == RecordKind.User)
            {
                await LocationVersions.SetUsersAsync(transaction, fullSync.LocationId, versionId: null);
            }

            // What concerns the whole location has paused it.
            var kept = lost ? fullSync.StartOver() : await CurrentAsync(transaction, fullSync);
            await (
                ofLocation
                    ? FullSyncStore.SaveAsync(transaction, kept with { LastError = ErrorCode.From(fault) })
                    : FailAsync(transaction, kept, fault)
            );
        });
    }

    public Task NoteAsync(RefetchContext turn, FullSyncState fullSync, Exception exception)
    {
        failures.NoteBroken(turn, fullSync.Kind, exception);
        return turn.WriteAsync(async transaction =>
            // What is broken may be the place.
            await FailAsync(transaction, (await CurrentAsync(transaction, fullSync)).StartOver(), exception)
        );
    }

    private async Task FailAsync(WriteTransaction transaction, FullSyncState fullSync, Exception exception)
    {
        var attempts = fullSync.Attempts + 1;
        var now = schedule.Now;
        var isRefused =
            failures.IsGivenUp(attempts)
            && IsRefusal(exception, fullSync, await FullSyncStore.ReadAsync(transaction, fullSync.LocationId));
        await FullSyncStore.SaveAsync(
            transaction,
            fullSync with
            {
                Attempts = attempts,
                LastError = ErrorCode.From(exception),
                RefusedAt = isRefused ? now : fullSync.RefusedAt,
                DueAt = isRefused
                    ? schedule.NextTry(fullSync.Kind)
                    : now + (long)failures.DelayOf(attempts, exception).TotalMilliseconds,
            }
        );
        if (isRefused)
        {
            var fullSyncs = await FullSyncStore.ReadAsync(transaction, fullSync.LocationId);
            await FullSyncCompletion.PassOverAsync(transaction, fullSync, fullSyncs, now);
        }

        await failures.TellAsync(transaction, fullSync.LocationId, fullSync.Kind, attempts, exception);
    }

    /// <summary>
    /// Whether Apple refuses the kind itself. A 4xx that is not Apple's JSON may be a proxy's, but not one against a single kind for good. A 401 without
    /// Apple's number may be against all kinds: it refuses this one only if others are read. 408 and 429 are never of kind
    /// <see cref="AppleErrorKind.Protocol"/>.
    /// </summary>
    private static bool IsRefusal(
        Exception exception,
        FullSyncState fullSync,
        IReadOnlyList<FullSyncState> fullSyncs
    ) =>
        exception is AppleException fault
        && (
            fault.Kind is AppleErrorKind.Forbidden or AppleErrorKind.Refused
            || (
                fault.Kind is AppleErrorKind.Protocol
                && (int?)fault.HttpStatusCode is >= 400 and < 500 and var status
                && (status != 401 || fullSyncs.Any(other => IsReadMeanwhile(other, fullSync)))
            )
        );

    /// <summary>In an import or a restatement one kind comes after the other: there it suffices that another one is done.</summary>
    private static bool IsReadMeanwhile(FullSyncState other, FullSyncState fullSync) =>
        other.Resource != fullSync.Resource
        && other is { FinishedAt: { } finished, RestateFrom: null }
        && (fullSync.Cause != RecordChanges.Reconcile || finished > fullSync.StartedAt);

    /// <summary>The row itself: it may have begun, or gone on, since it was read.</summary>
    private static async Task<FullSyncState> CurrentAsync(WriteTransaction transaction, FullSyncState fullSync) =>
        (await FullSyncStore.ReadAsync(transaction, fullSync.LocationId)).Single(row =>
            row.Resource == fullSync.Resource
        );
}
