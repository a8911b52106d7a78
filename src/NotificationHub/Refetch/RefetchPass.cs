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

internal sealed class RefetchPass(
    Database database,
    RefetchContextFactory contexts,
    ReadExecutor executor,
    TargetStore store,
    RefetchFailures failures,
    TimeProvider time
)
{
    public async Task<int> ReadDueAsync(string locationId, Lease lease, CancellationToken cancellationToken)
    {
        if (await BeginAsync(locationId, lease, cancellationToken) is not var (context, steps))
        {
            return 0;
        }

        var progress = new TargetProgress();
        var done = 0;
        foreach (var step in steps.Select(progress.Begin).OfType<RefetchStep>())
        {
            if (!await RunAsync(context, progress, step))
            {
                break;
            }

            done++;
            if (context.Slot.IsOver)
            {
                break;
            }
        }

        return done;
    }

    private async Task<(RefetchContext Context, IReadOnlyList<RefetchStep> Steps)?> BeginAsync(
        string locationId,
        Lease lease,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var now = time.GetStoredUtcNow();
        var due = await TargetStore.ReadDueAsync(connection, locationId, now);
        if (
            due.Count == 0
            || await contexts.CreateAsync(connection, locationId, lease, RecordChanges.Notification, cancellationToken)
                is not { } context
        )
        {
            return null;
        }

        if (await context.WriteAsync(transaction => store.PostponeInBurstAsync(transaction, locationId, now)) > 0)
        {
            due = await TargetStore.ReadDueAsync(connection, locationId, now);
        }

        return due.Count == 0 ? null : (context, await PlanAsync(connection, locationId, CountsFirst(due)));
    }

    private static async Task<IReadOnlyList<RefetchStep>> PlanAsync(
        DbConnection connection,
        string locationId,
        IReadOnlyList<StoredTarget> due
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
        List<StoredTarget> all = [.. due.UnionBy(pending, target => (target.KindName, target.Key))];
        return RefetchPlan.Create(all, await PlanStatistics.ReadAsync(connection, locationId, all));
    }

    // The number of holders decides how assignments are read: they are read in the next slot, when it is known.
    private static IReadOnlyList<StoredTarget> CountsFirst(IReadOnlyList<StoredTarget> targets)
    {
        var counts = targets.Select(target => (target.KindName, target.Key)).ToHashSet();
        return
        [
            .. targets.Where(target =>
                target.Kind.CountedBy is not { } counted || !counts.Contains((counted.Name, target.Key))
            ),
        ];
    }

    private async Task<bool> RunAsync(RefetchContext context, TargetProgress progress, RefetchStep step)
    {
        try
        {
            if (await ReadAsync(context, step))
            {
                progress.Complete(step);
                return true;
            }

            progress.Fail(step);
            await PutLastAsync(context, progress, step);
            return true;
        }
        catch (AppleException exception)
        {
            var continues = await failures.RecordAsync(context, progress.Fail(step), exception);
            await PutLastAsync(context, progress, step);
            return continues;
        }
        catch (LocationClosedException)
        {
            return false;
        }
        // A target that fails must not block the location's other targets.
        catch (Exception exception) when (!RefetchContext.IsEndedBy(exception))
        {
            await failures.RecordAsync(context, progress.Fail(step), exception);
            await PutLastAsync(context, progress, step);
            return true;
        }
    }

    private static async Task PutLastAsync(RefetchContext context, TargetProgress progress, RefetchStep step)
    {
        foreach (var chunk in step.Holder is null ? [] : step.Targets.Chunk(SnapshotStore.ChunkSize))
        {
            List<(StoredTarget Target, IReadOnlyList<string> Holders)> left =
            [
                .. chunk.Select(target => (target, progress.PutLast(target, step.Holder!))),
            ];
            await context.WriteAsync(async transaction =>
            {
                foreach (var (target, holders) in left)
                {
                    await TargetStore.SetHoldersAsync(transaction, target, holders);
                }
            });
        }
    }

    private async Task<bool> ReadAsync(RefetchContext context, RefetchStep step)
    {
        try
        {
            return (await executor.RunAsync(context, step)).IsSettled;
        }
        catch (AppleException exception) when (exception.Kind == AppleErrorKind.RestartTraversal)
        {
            return (await executor.RunAsync(context, step)).IsSettled;
        }
        catch (AppleException exception)
            when (exception.Kind == AppleErrorKind.VersionUnknown && step.Read is UsersRead)
        {
            await context.WriteAsync(transaction =>
                LocationVersions.SetUsersAsync(transaction, context.Location.LocationId, versionId: null)
            );
            return (
                await executor.RunAsync(context, step with { Read = new UsersRead(SinceVersionId: null) })
            ).IsSettled;
        }
    }
}

internal sealed class TargetProgress
{
    /// <summary>After this many failures in a row, Apple may refuse the target itself: its other holders are read in a later slot.</summary>
    private const int MaxFailuresInARow = 3;

    // Compared by reference: a target is looked up for each read, and its holders are a long text.
    private readonly Dictionary<StoredTarget, List<string>> unread = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<StoredTarget, int> failures = new(ReferenceEqualityComparer.Instance);

    public RefetchStep? Begin(RefetchStep planned)
    {
        List<StoredTarget> needing =
        [
            .. planned.Targets.Where(target => failures.GetValueOrDefault(target) < MaxFailuresInARow),
        ];
        if (needing.Count == 0 || planned.Holder is not { } holder)
        {
            return needing.Count == 0 ? null : planned;
        }

        Dictionary<StoredTarget, IReadOnlyList<string>> left = new(ReferenceEqualityComparer.Instance);
        foreach (var target in needing)
        {
            var others = UnreadOf(target).FindAll(other => other != holder);
            if (others.Count > 0)
            {
                left[target] = others;
            }
        }

        return planned with
        {
            Targets = needing,
            UnreadHolders = left,
        };
    }

    public void Complete(RefetchStep step)
    {
        foreach (var target in step.Targets)
        {
            if (step.Holder is { } holder)
            {
                UnreadOf(target).Remove(holder);
            }

            if (failures.ContainsKey(target))
            {
                failures[target] = 0;
            }
        }
    }

    /// <returns>The targets that have not failed before in this slot.</returns>
    public IReadOnlyList<StoredTarget> Fail(RefetchStep step)
    {
        List<StoredTarget> first = [.. step.Targets.Where(target => !failures.ContainsKey(target))];
        foreach (var target in step.Targets)
        {
            failures[target] = failures.GetValueOrDefault(target) + 1;
        }

        return first;
    }

    /// <summary>The holders of a target after a failed step. The holder that failed is read last next time.</summary>
    public IReadOnlyList<string> PutLast(StoredTarget target, string holder)
    {
        var holders = UnreadOf(target);
        holders.Remove(holder);
        holders.Add(holder);
        return holders;
    }

    private List<string> UnreadOf(StoredTarget target)
    {
        if (!unread.TryGetValue(target, out var holders))
        {
            unread[target] = holders = [.. TargetHolders.Parse(target.Holders)];
        }

        return holders;
    }
}
