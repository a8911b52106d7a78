using NotificationHub.Apple;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Refetch.Reading;

/// <summary>Executes one read: stores the pages, removes unseen records, and completes the targets.</summary>
internal sealed class ReadExecutor(
    AbsentRecords absentRecords,
    TargetStore targets,
    RetiredUsers retired,
    LocationStateUpdater updater,
    MassRemovals removals,
    RefetchMetrics metrics,
    TimeProvider time
)
{
    /// <summary>After this many disturbed reads, each unseen record is read by itself, so that a target on a busy location completes.</summary>
    private const int MaxDisturbedReads = 3;

    public async Task<ReadOutcome> RunAsync(RefetchContext context, RefetchStep step)
    {
        using var trace = ReadTrace.Start(step);
        try
        {
            return await RunAsync(context, step, ReadTrace.GetTraceparent(step, trace));
        }
        catch (Exception exception)
        {
            trace.Fail(exception is AppleException error ? error.Kind.ToString() : exception.GetType().Name);
            throw;
        }
    }

    private async Task<ReadOutcome> RunAsync(RefetchContext context, RefetchStep step, string? traceparent)
    {
        var held = await retired.FindAsync([.. step.CompletedTargets], context.CancellationToken);
        var state = new ReadState(context, step, held, traceparent, metrics);
        await using var pages = RecordReader
            .ReadAsync(context.Apple, step.Read, context.CancellationToken)
            .GetAsyncEnumerator(context.CancellationToken);
        RecordPage page;
        do
        {
            state.BeginPage(
                await context.WriteAsync(tx => SnapshotStore.TakeReadNumberAsync(tx, context.Location.LocationId))
            );
            if (!await pages.MoveNextAsync())
            {
                throw new InvalidOperationException("The read ended without a last page.");
            }

            page = pages.Current;
            metrics.CountRequest(step.Read.Kind.Name);
            await updater.UpdateAsync(context, page);
            await StoreAsync(state, page);
            if (!page.IsLast)
            {
                await context.Slot.YieldAsync(context.CancellationToken);
            }
        } while (!page.IsLast);

        context.RecordResponse();
        return state.Doubted is null
            ? new ReadOutcome(state.IsSettled || await SettleDisturbedAsync(state))
            : new ReadOutcome(IsSettled: false, state.Doubted);
    }

    private async Task StoreAsync(ReadState state, RecordPage page)
    {
        state.Add(page);
        Queue<SnapshotRecord[]> chunks = new(page.Records.Chunk(SnapshotStore.ChunkSize));
        var hasRetired = page.RetiredOnly.Count > 0 && state.Read is UsersRead;
        while (chunks.Count > (page.IsLast && !hasRetired ? 1 : 0))
        {
            var chunk = chunks.Dequeue();
            await CommitAsync(state, transaction => ApplyAsync(transaction, state, chunk));
        }

        if (page.IsLast)
        {
            if (hasRetired && !(state.IsUndisturbed && state.Read.Scope.Count > 0))
            {
                await VerifyRetiredAsync(state, page.RetiredOnly);
            }

            await EndAsync(state, chunks.Count > 0 ? chunks.Dequeue() : []);
        }
    }

    private async Task EndAsync(ReadState state, SnapshotRecord[] rest)
    {
        // Usually nothing is gone: then the last records and the completion are one transaction.
        if (state.IsUndisturbed && await IsAnyUnseenAsync(state, rest))
        {
            await CommitAsync(state, transaction => ApplyAsync(transaction, state, rest));
            rest = [];
            if (await IsDoubtedAsync(state))
            {
                return;
            }

            await RemoveUnseenAsync(state);
        }

        while (!await CommitAsync(state, transaction => EndAsync(transaction, state, rest)))
        {
            rest = [];
        }
    }

    private async Task<bool> IsAnyUnseenAsync(ReadState state, SnapshotRecord[] rest)
    {
        var returned = rest.Select(record => record.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var range in state.Read.Scope)
        {
            if (
                await FindUnseenAsync(state, range)
                    .AnyAsync(key => !returned.Contains(key), state.Refetch.CancellationToken)
            )
            {
                return true;
            }
        }

        return false;
    }

    private async Task RemoveUnseenAsync(ReadState state)
    {
        foreach (var range in state.IsUndisturbed ? state.Read.Scope : [])
        {
            await foreach (var keys in FindUnseenAsync(state, range).Chunk(SnapshotStore.ChunkSize))
            {
                await state.Refetch.WriteAsync(transaction =>
                    SnapshotStore.RemoveKeysAsync(transaction, state.Context, keys, state.Numbers, Now)
                );
            }
        }
    }

    private IAsyncEnumerable<string> FindUnseenAsync(ReadState state, KeyRange range) =>
        absentRecords.FindAsync(
            state.Context.LocationId,
            state.Read.Kind,
            range,
            state.Numbers.First,
            after: "",
            state.Refetch.CancellationToken
        );

    /// <returns>Whether the read lacks so many records that its targets must wait for a second read.</returns>
    private async Task<bool> IsDoubtedAsync(ReadState state)
    {
        state.Doubted =
            state.IsUndisturbed && state.Read.MayRemoveMany
                ? await removals.FindDoubtAsync(
                    state.Refetch,
                    state.Context,
                    state.Step.ToRemovalScope(),
                    state.Numbers.First
                )
                : null;
        foreach (var chunk in state.Doubted is null ? [] : state.Step.Targets.Chunk(SnapshotStore.ChunkSize))
        {
            await state.Refetch.WriteAsync(async transaction =>
            {
                foreach (var target in chunk)
                {
                    await targets.DoubtAsync(transaction, target, state.Doubted!, Now);
                }
            });
        }

        return state.Doubted is not null;
    }

    private static async Task<bool> CommitAsync(ReadState state, Func<WriteTransaction, Task<ReadProgress>> work)
    {
        var progress = await state.Refetch.WriteAsync(work);
        state.Add(progress);
        return progress.IsLast;
    }

    private async Task<ReadProgress> ApplyAsync(WriteTransaction transaction, ReadState state, SnapshotRecord[] chunk)
    {
        var before = await SnapshotStore.ApplyAsync(transaction, state.Context, chunk, state.Numbers, Now);
        return new ReadProgress(state.IsUndisturbed && before.Count == 0);
    }

    private async Task<ReadProgress> EndAsync(WriteTransaction transaction, ReadState state, SnapshotRecord[] rest)
    {
        var progress = await ApplyAsync(transaction, state, rest);
        if (state.MustRepeat(progress.IsUndisturbed))
        {
            return progress with { IsLast = true };
        }

        if (state.Read is UsersRead)
        {
            await LocationVersions.SetUsersAsync(transaction, state.Context.LocationId, state.FirstVersion);
        }

        progress = progress with { IsSettled = true };
        return await CompleteAsync(
            transaction,
            state,
            progress,
            complete: progress.IsUndisturbed && state.Read.IsWhole
        );
    }

    private async Task<ReadProgress> CompleteAsync(
        WriteTransaction transaction,
        ReadState state,
        ReadProgress progress,
        bool complete
    )
    {
        var chunk = state.Targets.TryPeek(out var next) ? next : null;
        List<StoredTarget> completed = [];
        foreach (var target in chunk ?? [])
        {
            if (state.Step.UnreadHolders.TryGetValue(target, out var holders))
            {
                await TargetStore.SetHoldersAsync(transaction, target, holders);
                continue;
            }

            completed.Add(target);
            await targets.CompleteAsync(transaction, target, complete, Now);
            await retired.RequestAsync(transaction, state.Context, target, state.Held, Now);
            if (await StaleReadDetector.IsStaleAsync(transaction, target, targets.IsBusy(target)))
            {
                await targets.RequestAgainAsync(transaction, target, Now);
            }
        }

        return progress with
        {
            Completed = chunk is null ? null : completed,
            IsLast = state.Targets.Count <= 1,
        };
    }

    /// <summary>Schedules another read after a disturbed one, which may have missed records; or reads the unseen records.</summary>
    private async Task<bool> SettleDisturbedAsync(ReadState state)
    {
        if (
            state.Step.Targets.All(target => target.Attempts < MaxDisturbedReads - 1) || !await VerifyUnseenAsync(state)
        )
        {
            await state.Refetch.WriteAsync(async transaction =>
            {
                foreach (var target in state.Step.Targets)
                {
                    await targets.RepeatAsync(transaction, target, Now);
                }
            });
            return false;
        }

        var progress = new ReadProgress(state.IsUndisturbed);
        while (!await CommitAsync(state, transaction => CompleteAsync(transaction, state, progress, complete: false)))
        {
            // Each transaction completes one chunk of targets.
        }

        return true;
    }

    /// <returns>False if there are too many unseen records for a slot.</returns>
    private async Task<bool> VerifyUnseenAsync(ReadState state)
    {
        var complete = true;
        foreach (var range in state.Read.Scope)
        {
            var absent = await FindUnseenAsync(state, range)
                .Take(SnapshotStore.ChunkSize)
                .ToListAsync(state.Refetch.CancellationToken);
            foreach (var read in absent.Select(state.Read.Narrow).OfType<RefetchRead>())
            {
                await RunAsync(state.Refetch, new RefetchStep(read, []));
            }

            complete &= absent.Count < SnapshotStore.ChunkSize;
        }

        return complete;
    }

    /// <summary>Reads users for whom only retired records were returned: the stored active record may be gone or unchanged.</summary>
    private async Task VerifyRetiredAsync(ReadState state, IReadOnlyList<string> users)
    {
        List<UserRead> reads = [];
        foreach (var chunk in users.Chunk(SnapshotStore.ChunkSize))
        {
            var rows = await state.Refetch.WriteAsync(transaction =>
                SnapshotRows.FindAsync(
                    transaction.Connection,
                    state.Context.LocationId,
                    RecordKind.User,
                    [.. chunk.Select(RecordKeys.User)]
                )
            );
            reads.AddRange(
                chunk
                    .Where(user =>
                        rows.GetValueOrDefault(RecordKeys.User(user)) is { Data: not null } row
                        && row.ReadNumber < state.Numbers.First
                    )
                    .Select(user => new UserRead(user))
            );
        }

        var all = new UsersRead(SinceVersionId: null);
        if (state.Read != all && reads.Count > await PagesOfAllAsync(state))
        {
            await state.Refetch.Slot.YieldAsync(state.Refetch.CancellationToken);
            if ((await RunAsync(state.Refetch, new RefetchStep(all, []))).IsSettled)
            {
                return;
            }
        }

        // A read by ID is proof, even if a read of all users would be doubted as a mass removal.
        foreach (var read in reads)
        {
            await state.Refetch.Slot.YieldAsync(state.Refetch.CancellationToken);
            await RunAsync(state.Refetch, new RefetchStep(read, []));
        }
    }

    private static async Task<long> PagesOfAllAsync(ReadState state)
    {
        var totals = await state.Refetch.WriteAsync(transaction =>
            ImportedKinds.ReadCountsAsync(transaction.Connection, state.Context.LocationId)
        );
        return PageCounts.Estimate(new UsersRead(SinceVersionId: null), new PlanStatistics { Totals = totals });
    }

    private DateTimeOffset Now => time.GetStoredUtcNow();
}
