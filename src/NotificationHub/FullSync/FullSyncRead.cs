using System.Diagnostics;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.FullSync;

/// <summary>Reads one page of a full sync and keeps how far it has come with the last of the page's records.</summary>
internal sealed class FullSyncRead(LocationStateUpdater watch, RefetchMetrics metrics, FullSyncSchedule schedule)
{
    /// <summary>No list has so many pages: a million records of several hundred each are far fewer.</summary>
    private const int MaxPages = 10_000;

    /// <returns>The full sync as it is after the page.</returns>
    public async Task<FullSyncState> ReadPageAsync(RefetchContext turn, FullSyncState before)
    {
        using var trace = HubTraces.Begin($"full-sync {before.Kind.Name}", ActivityKind.Internal, []);
        var (fullSync, number) = await turn.WriteAsync(transaction => BeginPageAsync(transaction, before));
        var page = await RecordReader
            .ReadAsync(turn.Apple, fullSync.Read, fullSync.From, turn.CancellationToken)
            .FirstAsync(turn.CancellationToken);
        metrics.CountRequest(fullSync.Kind.Name);
        await watch.ObserveAsync(turn, page);
        turn.NoteAnswer();

        // Another process read the pages before, perhaps long ago: what moved since may be on a page that was read already.
        if (fullSync.PageToken is not null && fullSync.Owner != turn.Owner && page.VersionMoved)
        {
            var again = fullSync.StartOver() with { DueAt = schedule.NextRequest };
            await turn.WriteAsync(transaction => FullSyncStore.SaveAsync(transaction, again));
            return again;
        }

        return await TakeInAsync(turn, fullSync, page, number, schedule.NextRequest);
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
            Phase = FullSyncPhases.Walking,
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
                    ? await LocationVersions.ReadUsersAsync(transaction, fullSync.LocationId)
                    : null,
        };
        await FullSyncStore.SaveAsync(transaction, begun);
        await FullSyncPages.ForgetAsync(transaction, begun);
        if (!fullSync.IsUnderWay)
        {
            await FullSyncStore.ForgetDriftsAsync(transaction, begun);
        }

        return (begun, number);
    }

    private async Task<FullSyncState> TakeInAsync(
        RefetchContext turn,
        FullSyncState fullSync,
        RecordPage page,
        long number,
        long dueAt
    )
    {
        var read = ContextOf(fullSync);
        HashSet<long> before = [];
        Queue<SnapshotRecord[]> chunks = new(page.Records.Chunk(SnapshotStore.ChunkSize));
        FullSyncState after;
        do
        {
            SnapshotRecord[] chunk = chunks.TryDequeue(out var next) ? next : [];
            after = await turn.WriteAsync(async transaction =>
            {
                var outcome = await SnapshotStore.ApplyAsync(
                    transaction,
                    read,
                    chunk,
                    fullSync.StartNumber!.Value,
                    number,
                    schedule.Now
                );
                before.UnionWith(outcome.Before);
                if (chunks.Count > 0)
                {
                    return fullSync;
                }

                var pages = await FullSyncPages.ReadAsync(transaction, fullSync);
                EnsureProgress(fullSync, page, pages);
                // Notifications have records read between the pages, under numbers of their own.
                var isUndisturbed = !pages.Any(own => before.Contains(own.Number));
                var done = After(fullSync, page, isUndisturbed, turn.Owner, dueAt);
                await FullSyncPages.AddAsync(transaction, fullSync, number);
                await FullSyncStore.SaveAsync(transaction, done);
                return done;
            });
        } while (chunks.Count > 0);

        return after;
    }

    /// <exception cref="InvalidDataException">The cursors lead in a circle, or to one empty page after the other, which would never end.</exception>
    private static void EnsureProgress(FullSyncState fullSync, RecordPage page, IReadOnlyList<FullSyncPage> pages)
    {
        if (
            page.Next is { } next
            && (next.Place == fullSync.PageToken || pages.Any(read => read.PageToken == next.Place))
        )
        {
            throw new InvalidDataException($"Page {fullSync.Pages} leads back to one that was read.");
        }

        if (page is { Next: not null, IsEmpty: true } && fullSync.Pages >= MaxPages)
        {
            throw new InvalidDataException($"Page {fullSync.Pages} is empty and leads to another one.");
        }
    }

    private static FullSyncState After(
        FullSyncState fullSync,
        RecordPage page,
        bool isUndisturbed,
        string owner,
        long dueAt
    ) =>
        fullSync with
        {
            Phase = page.IsLast ? FullSyncPhases.Settling : FullSyncPhases.Walking,
            PageToken = page.Next?.Place,
            FirstVersion = page.VersionId,
            Owner = owner,
            IsUndisturbed = fullSync.IsUndisturbed && isUndisturbed && !page.VersionMoved,
            Pages = fullSync.Pages + 1,
            TotalPages = page.TotalPages,
            Records = fullSync.Records + page.Records.Count,
            Attempts = 0,
            // A doubted removal remains the reason until a second read has settled it.
            LastError = fullSync.Doubt is null ? null : fullSync.LastError,
            RefusedAt = null,
            DueAt = dueAt,
        };

    public static ReadContext ContextOf(FullSyncState fullSync) =>
        new(fullSync.LocationId, fullSync.Kind, fullSync.Cause, FirstSight: fullSync.IsImport, null, null)
        {
            RestateFrom = fullSync.RestateFrom ?? 0,
            FindPending = PendingTargets.FindAsync,
        };
}
