using System.Diagnostics;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.FullSync;

/// <summary>Reads one page of a full sync. Its last records and the progress commit together.</summary>
internal sealed class FullSyncRead(LocationStateUpdater updater, RefetchMetrics metrics, FullSyncSchedule schedule)
{
    // A million records on pages of several hundred are far fewer.
    private const int MaxPages = 10_000;

    public async Task<FullSyncState> ReadPageAsync(RefetchContext context, FullSyncState before)
    {
        using var trace = HubTraces.Begin($"full-sync {before.Kind.Name}", ActivityKind.Internal, []);
        var (fullSync, number) = await context.WriteAsync(transaction => BeginPageAsync(transaction, before));
        // Not from the end of the page: otherwise, a long page would reduce the rate.
        var nextRequest = schedule.NextRequest;
        var page = await RecordReader
            .ReadAsync(context.Apple, fullSync.Read, fullSync.From, context.CancellationToken)
            .FirstAsync(context.CancellationToken);
        metrics.CountRequest(fullSync.Kind.Name);
        await updater.UpdateAsync(context, page);
        context.RecordResponse();

        // Another process read the earlier pages, perhaps long ago: records may have moved to them since.
        if (fullSync.PageToken is not null && fullSync.Owner != context.Owner && page.VersionMoved)
        {
            var again = fullSync.StartOver() with { DueAt = nextRequest };
            await context.WriteAsync(transaction => FullSyncStore.SaveAsync(transaction, again));
            return again;
        }

        return await StoreAsync(context, fullSync, page, number, nextRequest);
    }

    private async Task<(FullSyncState FullSyncState, long Number)> BeginPageAsync(
        WriteTransaction transaction,
        FullSyncState fullSync
    )
    {
        var number = await SnapshotStore.TakeReadNumberAsync(transaction, fullSync.LocationId);
        if (fullSync.StartNumber is not null)
        {
            return (fullSync, number);
        }

        var begun = fullSync with
        {
            Phase = FullSyncPhases.Reading,
            StartNumber = number,
            StartedAt = fullSync.IsUnderWay ? fullSync.StartedAt : schedule.Now,
            Pages = 0,
            TotalPages = null,
            Records = 0,
            SinceVersion =
                fullSync.Kind == RecordKind.User
                && !fullSync.IsImport
                && fullSync.RestateFrom is null
                && !schedule.IsCompleteReadDue(fullSync)
                    ? await LocationVersions.ReadUsersAsync(transaction.Connection, fullSync.LocationId)
                    : null,
        };
        await FullSyncStore.SaveAsync(transaction, begun);
        await FullSyncPages.DeleteAsync(transaction, begun);
        if (!fullSync.IsUnderWay)
        {
            await FullSyncStore.ResetDriftsAsync(transaction, begun);
        }

        return (begun, number);
    }

    private async Task<FullSyncState> StoreAsync(
        RefetchContext context,
        FullSyncState fullSync,
        RecordPage page,
        long number,
        DateTimeOffset dueAt
    )
    {
        var read = CreateContext(fullSync);
        var numbers = new ReadNumbers(fullSync.StartNumber!.Value, number);
        HashSet<long> before = [];
        Queue<SnapshotRecord[]> chunks = new(page.Records.Chunk(SnapshotStore.ChunkSize));
        FullSyncState after;
        do
        {
            SnapshotRecord[] chunk = chunks.TryDequeue(out var next) ? next : [];
            after = await context.WriteAsync(async transaction =>
            {
                before.UnionWith(await SnapshotStore.ApplyAsync(transaction, read, chunk, numbers, schedule.Now));
                if (chunks.Count > 0)
                {
                    return fullSync;
                }

                var pages = await FullSyncPages.FindAsync(transaction, fullSync, page.Next?.PageToken, before);
                EnsureProgress(fullSync, page, pages);
                // Refetches between the pages have read numbers of their own.
                var isUndisturbed = !pages.Any(own => before.Contains(own.Number));
                var done = After(fullSync, page, isUndisturbed, context.Owner, dueAt);
                await FullSyncPages.AddAsync(transaction, fullSync, number);
                await FullSyncStore.SaveAsync(transaction, done);
                return done;
            });
        } while (chunks.Count > 0);

        return after;
    }

    // Pages that lead in a circle, or to one empty page after another, would never end.
    private static void EnsureProgress(FullSyncState fullSync, RecordPage page, IReadOnlyList<FullSyncPage> pages)
    {
        if (
            page.Next is { } next
            && (next.PageToken == fullSync.PageToken || pages.Any(read => read.PageToken == next.PageToken))
        )
        {
            throw new InvalidDataException($"Page {fullSync.Pages} leads back to an earlier page.");
        }

        if (page is { Next: not null, IsEmpty: true } && fullSync.Pages >= MaxPages)
        {
            throw new InvalidDataException($"Page {fullSync.Pages} is empty and leads to another page.");
        }
    }

    private static FullSyncState After(
        FullSyncState fullSync,
        RecordPage page,
        bool isUndisturbed,
        string owner,
        DateTimeOffset dueAt
    ) =>
        fullSync with
        {
            Phase = page.IsLast ? FullSyncPhases.Removing : FullSyncPhases.Reading,
            PageToken = page.Next?.PageToken,
            FirstVersion = page.VersionId,
            Owner = owner,
            IsUndisturbed = fullSync.IsUndisturbed && isUndisturbed && !page.VersionMoved,
            Pages = fullSync.Pages + 1,
            TotalPages = page.TotalPages,
            Records = fullSync.Records + page.Records.Count,
            Attempts = 0,
            // A doubted removal remains the reason until a second read.
            LastError = fullSync.Doubt is null ? null : fullSync.LastError,
            RefusedAt = null,
            DueAt = dueAt,
        };

    public static ReadContext CreateContext(FullSyncState fullSync) =>
        new(fullSync.LocationId, fullSync.Kind, fullSync.Cause, FirstSight: fullSync.IsImport, null, null)
        {
            RestateFrom = fullSync.RestateFrom ?? 0,
            FindPending = PendingTargets.FindAsync,
        };
}
