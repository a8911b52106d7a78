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

        var done = 0;
        foreach (var step in steps)
        {
            if (!await RunAsync(turn, step))
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

    /// <summary>A read that shows a whole kind answers those that are not due yet as well.</summary>
    private static async Task<IReadOnlyList<RefetchStep>> PlanAsync(
        DbConnection connection,
        string locationId,
        IReadOnlyList<ClaimedTarget> due
    )
    {
        var plan = RefetchPlan.Create(due, await KnowledgeReader.ReadAsync(connection, locationId, due));
        string[] together = [.. plan.Where(step => step.Reads is [WholeRead]).Select(step => step.Targets[0].Resource)];
        if (together.Length == 0)
        {
            return plan;
        }

        var waiting = await TargetStore.ReadWaitingAsync(connection, locationId, together);
        List<ClaimedTarget> all = [.. due.UnionBy(waiting, target => (target.Resource, target.Key))];
        return RefetchPlan.Create(all, await KnowledgeReader.ReadAsync(connection, locationId, all));
    }

    /// <summary>How many hold an asset or a subscription decides how they are best read: they come with the next turn, when it is known.</summary>
    private static IReadOnlyList<ClaimedTarget> CountsFirst(IReadOnlyList<ClaimedTarget> targets)
    {
        var counted = targets.Select(target => (target.Resource, target.Key)).ToHashSet();
        return
        [
            .. targets.Where(target =>
                target.Resource switch
                {
                    RefetchResources.Assignments => !counted.Contains((RefetchResources.Asset, target.Key)),
                    RefetchResources.SubscriptionAssignments => !counted.Contains(
                        (RefetchResources.Subscription, target.Key)
                    ),
                    _ => true,
                }
            ),
        ];
    }

    /// <returns>Whether the turn goes on.</returns>
    private async Task<bool> RunAsync(RefetchContext turn, RefetchStep step)
    {
        if (step.Reads.Count == 0)
        {
            var fault = new InvalidDataException("The target names nothing that can be read.");
            await failures.NoteAsync(turn, step, fault);
            return true;
        }

        var progress = new StepProgress(step);
        var goesOn = true;
        for (var part = progress.Next(); goesOn && part is not null; part = progress.Next())
        {
            goesOn = await RunAsync(turn, progress, part);
            if (goesOn && !progress.IsOver)
            {
                // Others may have a turn between a step's reads.
                await turn.Place.ShareAsync(turn.CancellationToken);
            }
        }

        // Holders that were read are not read again when other holders fail.
        foreach (var chunk in progress.Left.Chunk(SnapshotStore.ChunkSize))
        {
            await turn.WriteAsync(async transaction =>
            {
                foreach (var (target, holders) in chunk)
                {
                    await TargetStore.LeaveAsync(transaction, target, holders);
                }
            });
        }

        return goesOn;
    }

    /// <summary>Reads one part of a step; what fails with it takes along only those of the step's targets that need it.</summary>
    /// <returns>Whether the turn goes on.</returns>
    private async Task<bool> RunAsync(RefetchContext turn, StepProgress progress, StepPart part)
    {
        try
        {
            if (await ReadAsync(turn, part))
            {
                progress.Read(part);
                return true;
            }
        }
        catch (AppleException fault)
        {
            return await failures.NoteAsync(turn, progress.Fail(part), fault);
        }
        catch (LocationClosedException)
        {
            return false;
        }
        // A target that fails must not block the location's other targets.
        catch (Exception exception) when (!RefetchContext.IsEndedBy(exception))
        {
            if (progress.Fail(part) is { Targets.Count: > 0 } step)
            {
                await failures.NoteAsync(turn, step, exception);
            }

            return true;
        }

        progress.Fail(part);
        return true;
    }

    /// <summary>Once more from the start where Apple asks for it.</summary>
    private async Task<bool> ReadAsync(RefetchContext turn, StepPart part)
    {
        try
        {
            return (await walk.RunAsync(turn, part)).IsSettled;
        }
        catch (AppleException fault) when (fault.Kind == AppleErrorKind.RestartTraversal)
        {
            return (await walk.RunAsync(turn, part)).IsSettled;
        }
        catch (AppleException fault) when (fault.Kind == AppleErrorKind.VersionUnknown && part.Read is UsersRead)
        {
            await turn.WriteAsync(transaction =>
                LocationVersions.SetUsersAsync(transaction, turn.Location.LocationId, versionId: null)
            );
            var whole = part with { Read = new UsersRead(SinceVersionId: null) };
            return (await walk.RunAsync(turn, whole)).IsSettled;
        }
    }
}
