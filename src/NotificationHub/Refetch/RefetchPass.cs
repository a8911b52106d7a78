using System.Data.Common;
using NotificationHub.Apple;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch;

/// <summary>One location's turn: its due targets, planned together, read one after another.</summary>
internal sealed class RefetchPass(
    Database database,
    RefetchContextFactory turns,
    ReadExecutor walk,
    TargetStore store,
    RefetchFailures failures,
    TimeProvider time
)
{
    /// <summary>Reads what is due for the location until it is done, its turn is over, or Apple is not to be asked for now.</summary>
    /// <param name="lease">The lease of the location's shard.</param>
    /// <returns>How many steps of the plan were done.</returns>
    public async Task<int> ReadDueAsync(string locationId, Lease lease, CancellationToken cancellationToken)
    {
        if (await BeginAsync(locationId, lease, cancellationToken) is not var (turn, steps))
        {
            return 0;
        }

        var progress = new TargetProgress();
        var done = 0;
        foreach (var step in steps.Select(progress.Begin).OfType<RefetchStep>())
        {
            if (!await RunAsync(turn, progress, step))
            {
                break;
            }

            done++;
            if (turn.Place.IsOver)
            {
                break;
            }
        }

        return done;
    }

    private async Task<(RefetchContext Turn, IReadOnlyList<RefetchStep> Steps)?> BeginAsync(
        string locationId,
        Lease lease,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var due = await TargetStore.ReadDueAsync(connection, locationId, now);
        if (
            due.Count == 0
            || await turns.BeginAsync(connection, locationId, lease, RecordChanges.Notification, cancellationToken)
                is not { } turn
        )
        {
            return null;
        }

        if (await turn.WriteAsync(transaction => store.AwaitBurstAsync(transaction, locationId, now)) > 0)
        {
            due = await TargetStore.ReadDueAsync(connection, locationId, now);
        }

        return due.Count == 0 ? null : (turn, await PlanAsync(connection, locationId, CountsFirst(due)));
    }

    private static async Task<IReadOnlyList<RefetchStep>> PlanAsync(
        DbConnection connection,
        string locationId,
        IReadOnlyList<ClaimedTarget> due
    )
    {
        var plan = RefetchPlan.Create(due, await PlanStatistics.ReadAsync(connection, locationId, due));
        List<RecordKind> full = [.. plan.Select(step => step.Read).OfType<FullRead>().Select(read => read.Kind)];
        if (full.Count == 0)
        {
            return plan;
        }

        // A read of all records of a kind satisfies targets that are not yet due, too.
        var pending = await TargetStore.ReadPendingAsync(connection, locationId, full);
        List<ClaimedTarget> all = [.. due.UnionBy(pending, target => (target.KindName, target.Key))];
        return RefetchPlan.Create(all, await PlanStatistics.ReadAsync(connection, locationId, all));
    }

    // The number of holders decides how assignments are read: they are read in the next slot, when it is known.
    private static IReadOnlyList<ClaimedTarget> CountsFirst(IReadOnlyList<ClaimedTarget> targets)
    {
        var counts = targets.Select(target => (target.KindName, target.Key)).ToHashSet();
        return
        [
            .. targets.Where(target =>
                target.Kind.CountedBy is not { } counted || !counts.Contains((counted.Name, target.Key))
            ),
        ];
    }

    /// <returns>Whether the slot continues.</returns>
    private async Task<bool> RunAsync(RefetchContext turn, TargetProgress progress, RefetchStep step)
    {
        try
        {
            if (await ReadAsync(turn, step))
            {
                progress.Complete(step);
                return true;
            }

            progress.Fail(step);
            await PutLastAsync(turn, progress, step);
            return true;
        }
        catch (AppleException exception)
        {
            var continues = await failures.NoteAsync(turn, progress.Fail(step), exception);
            await PutLastAsync(turn, progress, step);
            return continues;
        }
        catch (LocationClosedException)
        {
            return false;
        }
        // A target that fails must not block the location's other targets.
        catch (Exception exception) when (!RefetchContext.IsEndedBy(exception))
        {
            await failures.NoteAsync(turn, progress.Fail(step), exception);
            await PutLastAsync(turn, progress, step);
            return true;
        }
    }

    private static async Task PutLastAsync(RefetchContext turn, TargetProgress progress, RefetchStep step)
    {
        foreach (var chunk in step.Holder is null ? [] : step.Targets.Chunk(SnapshotStore.ChunkSize))
        {
            List<(ClaimedTarget Target, IReadOnlyList<string> Holders)> left =
            [
                .. chunk.Select(target => (target, progress.PutLast(target, step.Holder!))),
            ];
            await turn.WriteAsync(async transaction =>
            {
                foreach (var (target, holders) in left)
                {
                    await TargetStore.SetHoldersAsync(transaction, target, holders);
                }
            });
        }
    }

    private async Task<bool> ReadAsync(RefetchContext turn, RefetchStep step)
    {
        try
        {
            return (await walk.RunAsync(turn, step)).IsSettled;
        }
        catch (AppleException exception) when (exception.Kind == AppleErrorKind.RestartTraversal)
        {
            return (await walk.RunAsync(turn, step)).IsSettled;
        }
        catch (AppleException exception)
            when (exception.Kind == AppleErrorKind.VersionUnknown && step.Read is UsersRead)
        {
            await turn.WriteAsync(transaction =>
                LocationVersions.SetUsersAsync(transaction, turn.Location.LocationId, versionId: null)
            );
            return (await walk.RunAsync(turn, step with { Read = new UsersRead(SinceVersionId: null) })).IsSettled;
        }
    }
}
