using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>Handles failed pages: the full sync continues at the same page later, unless its position is lost.</summary>
// A kind that Apple keeps refusing is not available: it is reported once and retried on schedule, and the import continues
// without it.
internal sealed class FullSyncFailures(RefetchFailures failures, FullSyncSchedule schedule)
{
    public async Task RecordAsync(RefetchContext context, FullSyncState fullSync, AppleException exception)
    {
        var isLocationWide = !await failures.RecordAsync(context, [], exception);
        var isPositionLost =
            exception.Kind
            is AppleErrorKind.RestartTraversal
                or AppleErrorKind.TraversalStuck
                or AppleErrorKind.VersionUnknown;
        await context.WriteAsync(async transaction =>
        {
            if (exception.Kind == AppleErrorKind.VersionUnknown && fullSync.Kind == RecordKind.User)
            {
                await LocationVersions.SetUsersAsync(transaction, fullSync.LocationId, versionId: null);
            }

            // An error that concerns the whole location has paused it.
            var current = isPositionLost ? fullSync.StartOver() : await ReadCurrentAsync(transaction, fullSync);
            await (
                isLocationWide
                    ? FullSyncStore.SaveAsync(transaction, current with { LastError = ErrorCode.From(exception) })
                    : FailAsync(transaction, current, exception)
            );
        });
    }

    public Task RecordAsync(RefetchContext context, FullSyncState fullSync, Exception exception)
    {
        failures.LogUnexpected(context, fullSync.Kind, exception);
        return context.WriteAsync(async transaction =>
            // The stored position may be the cause.
            await FailAsync(transaction, (await ReadCurrentAsync(transaction, fullSync)).StartOver(), exception)
        );
    }

    private async Task FailAsync(WriteTransaction transaction, FullSyncState fullSync, Exception exception)
    {
        var attempts = fullSync.Attempts + 1;
        var now = schedule.Now;
        var isRefused =
            failures.HasReachedMaxAttempts(attempts)
            && IsRefusal(
                exception,
                fullSync,
                await FullSyncStore.ReadAsync(transaction.Connection, fullSync.LocationId)
            );
        await FullSyncStore.SaveAsync(
            transaction,
            fullSync with
            {
                Attempts = attempts,
                LastError = ErrorCode.From(exception),
                RefusedAt = isRefused ? now : fullSync.RefusedAt,
                DueAt = isRefused ? schedule.NextTry(fullSync.Kind) : now + failures.GetDelay(attempts, exception),
            }
        );
        if (isRefused)
        {
            var fullSyncs = await FullSyncStore.ReadAsync(transaction.Connection, fullSync.LocationId);
            await FullSyncCompletion.SkipAsync(transaction, fullSync, fullSyncs, now);
        }

        failures.Publish(transaction, fullSync.LocationId, fullSync.Kind, attempts, exception);
    }

    // A 4xx without Apple's JSON may come from a proxy, but a proxy does not refuse a single kind permanently. A 401 without
    // Apple's number may concern all kinds: it refuses this one only if others are read. 408 and 429 have other kinds.
    private static bool IsRefusal(
        Exception exception,
        FullSyncState fullSync,
        IReadOnlyList<FullSyncState> fullSyncs
    ) =>
        exception is AppleException error
        && (
            error.IsRejection
            || (
                error.Kind is AppleErrorKind.Protocol
                && (int?)error.HttpStatusCode is >= 400 and < 500 and var status
                && (status != 401 || fullSyncs.Any(other => WasReadMeanwhile(other, fullSync)))
            )
        );

    // In an import or a restatement, kinds are read one after the other, so another finished kind suffices.
    private static bool WasReadMeanwhile(FullSyncState other, FullSyncState fullSync) =>
        other.KindName != fullSync.KindName
        && other is { FinishedAt: { } finished, RestateFrom: null }
        && (fullSync.Cause != RecordChanges.Reconcile || finished > fullSync.StartedAt);

    // The row may have changed since it was read.
    private static async Task<FullSyncState> ReadCurrentAsync(WriteTransaction transaction, FullSyncState fullSync) =>
        (await FullSyncStore.ReadAsync(transaction.Connection, fullSync.LocationId)).Single(row =>
            row.KindName == fullSync.KindName
        );
}
