using NotificationHub.Apple;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Refetch.Reading;

/// <summary>
/// Carries out one read: takes a number before each page is asked for, commits each chunk with its events as it comes, and
/// after a complete and undisturbed walk removes what it did not return.
/// </summary>
internal sealed class ReadExecutor(
    AbsentRecords absences,
    TargetStore targets,
    RetiredUsers retired,
    LocationStateUpdater watch,
    MassRemovals removals,
    RefetchMetrics metrics,
    TimeProvider time
)
{
    /// <summary>
    /// After this many walks during which records moved, each record that was not seen is asked for by itself instead: on
    /// a location that is never quiet, too, a target must come to its end.
    /// </summary>
    private const int DisturbedWalks = 3;

    public async Task<ReadOutcome> RunAsync(RefetchContext turn, RefetchStep step)
    {
        using var trace = ReadTrace.Begin(step);
        try
        {
            return await RunAsync(turn, step, ReadTrace.ToTell(step, trace));
        }
        catch (Exception exception)
        {
            trace.Fail(exception is AppleException fault ? fault.Kind.ToString() : exception.GetType().Name);
            throw;
        }
    }

    private async Task<ReadOutcome> RunAsync(RefetchContext turn, RefetchStep step, string? traceparent)
    {
        var held = await retired.FindAsync([.. step.CompletedTargets], turn.CancellationToken);
        var walk = new ReadState(ContextOf(turn, step, traceparent), step, held, metrics);
        await using var pages = RecordReader
            .ReadAsync(turn.Apple, step.Read, turn.CancellationToken)
            .GetAsyncEnumerator(turn.CancellationToken);
        RecordPage page;
        do
        {
            walk.Begin(await turn.WriteAsync(tx => SnapshotStore.TakeReadNumberAsync(tx, turn.Location.LocationId)));
            if (!await pages.MoveNextAsync())
            {
                throw new InvalidOperationException("A walk ended without a last page.");
            }

            page = pages.Current;
            metrics.CountRequest(step.Read.Kind.Name);
            await watch.ObserveAsync(turn, page);
            await TakeInAsync(turn, walk, page);
            if (!page.IsLast)
            {
                await turn.Place.ShareAsync(turn.CancellationToken);
            }
        } while (!page.IsLast);

        turn.NoteAnswer();
        return walk.Doubted is null
            ? new ReadOutcome(walk.IsSettled || await SettleDisturbedAsync(turn, step, walk))
            : new ReadOutcome(IsSettled: false, walk.Doubted);
    }

    private async Task TakeInAsync(RefetchContext turn, ReadState walk, RecordPage page)
    {
        walk.Open(page);
        Queue<SnapshotRecord[]> chunks = new(page.Records.Chunk(SnapshotStore.ChunkSize));
        var hasRetired = page.RetiredOnly.Count > 0 && walk.Read is UsersRead;
        while (chunks.Count > (page.IsLast && !hasRetired ? 1 : 0))
        {
            var chunk = chunks.Dequeue();
            await StepAsync(turn, walk, transaction => ApplyAsync(transaction, walk, chunk));
        }

        if (page.IsLast)
        {
            if (hasRetired && !(walk.Clean && walk.Read.Scope.Count > 0))
            {
                await VerifyRetiredAsync(turn, walk, page.RetiredOnly);
            }

            await EndAsync(turn, walk, chunks.Count > 0 ? chunks.Dequeue() : []);
        }
    }

    private async Task EndAsync(RefetchContext turn, ReadState walk, SnapshotRecord[] rest)
    {
        // Usually nothing is gone; then the last records and the end are one transaction.
        if (walk.Clean && await IsAnyAbsentAsync(turn, walk, rest))
        {
            await StepAsync(turn, walk, transaction => ApplyAsync(transaction, walk, rest));
            rest = [];
            if (await IsDoubtedAsync(turn, walk))
            {
                return;
            }

            await RemoveAbsentAsync(turn, walk);
        }

        while (!await StepAsync(turn, walk, transaction => EndAsync(transaction, walk, rest)))
        {
            rest = [];
        }
    }

    private async Task<bool> IsAnyAbsentAsync(RefetchContext turn, ReadState walk, SnapshotRecord[] rest)
    {
        var returned = rest.Select(record => record.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var range in walk.Read.Scope)
        {
            if (await AbsentAsync(turn, walk, range).AnyAsync(key => !returned.Contains(key), turn.CancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    private async Task RemoveAbsentAsync(RefetchContext turn, ReadState walk)
    {
        foreach (var range in walk.Clean ? walk.Read.Scope : [])
        {
            await foreach (var keys in AbsentAsync(turn, walk, range).Chunk(SnapshotStore.ChunkSize))
            {
                await turn.WriteAsync(transaction =>
                    SnapshotStore.RemoveKeysAsync(transaction, walk.Context, keys, walk.Start, walk.Number, Now)
                );
            }
        }
    }

    private IAsyncEnumerable<string> AbsentAsync(RefetchContext turn, ReadState walk, KeyRange range) =>
        absences
            .FindAsync(turn.Location.LocationId, walk.Read.Kind, range, walk.Start, after: "", turn.CancellationToken)
            .SelectMany(keys => keys);

    /// <summary>Whether the read lacks so many records that its targets must wait for a second read.</summary>
    private async Task<bool> IsDoubtedAsync(RefetchContext turn, ReadState walk)
    {
        walk.Doubted =
            walk.Clean && walk.Read.MayRemoveMany
                ? await removals.FindDoubtAsync(turn, walk.Context, walk.Step.ToRemovalScope(), walk.Start)
                : null;
        foreach (var chunk in walk.Doubted is null ? [] : walk.Step.Targets.Chunk(SnapshotStore.ChunkSize))
        {
            await turn.WriteAsync(async transaction =>
            {
                foreach (var target in chunk)
                {
                    await targets.DoubtAsync(transaction, target, walk.Doubted!, Now);
                }
            });
        }

        return walk.Doubted is not null;
    }

    /// <summary>Within the transaction the walk is only looked at; what the transaction did is noted behind its commit.</summary>
    /// <returns>False where more is left to do.</returns>
    private static async Task<bool> StepAsync(
        RefetchContext turn,
        ReadState walk,
        Func<WriteTransaction, Task<ReadProgress>> work
    )
    {
        var progress = await turn.WriteAsync(work);
        walk.Record(progress);
        return progress.IsLast;
    }

    private async Task<ReadProgress> ApplyAsync(WriteTransaction transaction, ReadState walk, SnapshotRecord[] chunk)
    {
        var outcome = await SnapshotStore.ApplyAsync(transaction, walk.Context, chunk, walk.Start, walk.Number, Now);
        return new ReadProgress(walk.Clean && outcome.Before.Count == 0);
    }

    /// <summary>Saves the last chunk of records, one chunk of removals and one of completed targets.</summary>
    private async Task<ReadProgress> EndAsync(WriteTransaction transaction, ReadState walk, SnapshotRecord[] rest)
    {
        var progress = await ApplyAsync(transaction, walk, rest);
        if (walk.IsWaiting(progress.Clean))
        {
            return progress with { IsLast = true };
        }

        if (walk.Read is UsersRead)
        {
            await LocationVersions.SetUsersAsync(transaction, walk.Context.LocationId, walk.FirstVersion);
        }

        progress = progress with { IsSettled = true };
        return await CompleteAsync(transaction, walk, progress, complete: progress.Clean && walk.Read.IsWhole);
    }

    private async Task<ReadProgress> CompleteAsync(
        WriteTransaction transaction,
        ReadState walk,
        ReadProgress progress,
        bool complete
    )
    {
        var chunk = walk.Targets.TryPeek(out var next) ? next : null;
        List<ClaimedTarget> completed = [];
        foreach (var target in chunk ?? [])
        {
            if (walk.Step.UnreadHolders.TryGetValue(target, out var holders))
            {
                await TargetStore.SetHoldersAsync(transaction, target, holders);
                continue;
            }

            completed.Add(target);
            await targets.CompleteAsync(transaction, target, complete, Now);
            await retired.RequestAsync(transaction, walk.Context, target, walk.Held, Now);
            if (await StaleReadDetector.IsThereAsync(transaction, target, targets.IsBusy(target)))
            {
                await targets.ReadAgainAsync(transaction, target, Now);
            }
        }

        return progress with
        {
            Completed = chunk is null ? null : completed,
            IsLast = walk.Targets.Count <= 1,
        };
    }

    /// <summary>Records moved during the walk, so that what it did not return may be there all the same.</summary>
    private async Task<bool> SettleDisturbedAsync(RefetchContext turn, RefetchStep step, ReadState walk)
    {
        if (step.Targets.All(target => target.Attempts < DisturbedWalks - 1) || !await VerifyAbsentAsync(turn, walk))
        {
            await turn.WriteAsync(async transaction =>
            {
                foreach (var target in step.Targets)
                {
                    await targets.WalkAgainAsync(transaction, target, Now);
                }
            });
            return false;
        }

        var progress = new ReadProgress(walk.Clean);
        while (!await StepAsync(turn, walk, transaction => CompleteAsync(transaction, walk, progress, complete: false)))
        {
            // Chunk by chunk.
        }

        return true;
    }

    /// <returns>False where there are more records to be asked for than a turn should.</returns>
    private async Task<bool> VerifyAbsentAsync(RefetchContext turn, ReadState walk)
    {
        var complete = true;
        foreach (var range in walk.Read.Scope)
        {
            var absent = await AbsentAsync(turn, walk, range)
                .Take(SnapshotStore.ChunkSize)
                .ToListAsync(turn.CancellationToken);
            foreach (var read in absent.Select(walk.Read.Narrow).OfType<RefetchRead>())
            {
                await RunAsync(turn, new RefetchStep(read, []));
            }

            complete &= absent.Count < SnapshotStore.ChunkSize;
        }

        return complete;
    }

    /// <summary>
    /// Reads users for whom only retired records were returned, because the stored active record may be gone or unchanged. They are read by
    /// ID, or all users are read if that takes fewer requests.
    /// </summary>
    private async Task VerifyRetiredAsync(RefetchContext turn, ReadState walk, IReadOnlyList<string> users)
    {
        List<UserRead> reads = [];
        foreach (var chunk in users.Chunk(SnapshotStore.ChunkSize))
        {
            var rows = await turn.WriteAsync(transaction =>
                SnapshotRows.FindAsync(transaction, walk.Context, [.. chunk.Select(RecordKeys.User)])
            );
            reads.AddRange(
                chunk
                    .Where(user =>
                        rows.GetValueOrDefault(RecordKeys.User(user)) is { Data: not null } row
                        && row.ReadNumber < walk.Start
                    )
                    .Select(user => new UserRead(user))
            );
        }

        var all = new UsersRead(SinceVersionId: null);
        if (walk.Read != all && reads.Count > await PagesOfAllAsync(turn))
        {
            await turn.Place.ShareAsync(turn.CancellationToken);
            if ((await RunAsync(turn, new RefetchStep(all, []))).IsSettled)
            {
                return;
            }
        }

        // A read by ID is proof, even if a read of all users would be doubted as a mass removal.
        foreach (var read in reads)
        {
            await turn.Place.ShareAsync(turn.CancellationToken);
            await RunAsync(turn, new RefetchStep(read, []));
        }
    }

    private static Task<long> PagesOfAllAsync(RefetchContext turn) =>
        turn.WriteAsync(async transaction =>
        {
            var totals = await ImportedKinds.ReadCountsAsync(transaction, turn.Location.LocationId);
            return PageCounts.Estimate(new UsersRead(SinceVersionId: null), new PlanStatistics { Totals = totals });
        });

    private static ReadContext ContextOf(RefetchContext turn, RefetchStep step, string? traceparent)
    {
        var one = step.Targets is [var only] ? only : null;
        var readBefore = step.Targets.Count > 0 && step.Targets.All(target => target.CompleteReadAt is not null);
        return new ReadContext(
            turn.Location.LocationId,
            step.Read.Kind,
            turn.Cause,
            FirstSight: !turn.Known.Contains(step.Read.Kind) && !readBefore,
            one?.CorrelationId,
            traceparent
        )
        {
            RestateFrom = turn.Location.RestateFrom ?? 0,
            FindPending = PendingTargets.FindAsync,
        };
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}
