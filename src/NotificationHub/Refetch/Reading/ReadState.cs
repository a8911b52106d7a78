using System.Diagnostics;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Telemetry;

namespace NotificationHub.Refetch.Reading;

internal sealed class ReadState(
    RefetchContext refetch,
    RefetchStep step,
    ILookup<string, MergedRequest> held,
    string? traceparent,
    RefetchMetrics metrics
)
{
    public RefetchContext Refetch => refetch;

    public ReadContext Context { get; } = CreateContext(refetch, step, traceparent);

    public RefetchStep Step => step;

    public RefetchRead Read => step.Read;

    public ILookup<string, MergedRequest> Held => held;

    public Queue<StoredTarget[]> Targets { get; } = new(step.Targets.Chunk(SnapshotStore.ChunkSize));

    /// <summary>Stored records with a lower number than the first page were not returned.</summary>
    public ReadNumbers Numbers { get; private set; }

    public bool IsUndisturbed { get; private set; } = true;

    public string? FirstVersion { get; private set; }

    public bool IsSettled { get; private set; }

    public RemovalAssessment? Doubted { get; set; }

    /// <summary>Whether the read must be repeated, because it does not show which records are gone.</summary>
    // Not for users: records that move are in the next read since the first page's version, and the full sync finds
    // users that are gone.
    public bool MustRepeat(bool isUndisturbed) => !isUndisturbed && Read.Scope.Count > 0 && Read is not UsersRead;

    public void BeginPage(long number) => Numbers = new(Numbers.First == 0 ? number : Numbers.First, number);

    public void Add(RecordPage page)
    {
        IsUndisturbed &= !page.VersionMoved;
        FirstVersion ??= page.VersionId;
    }

    // Called after the commit: the writer may run a transaction again.
    public void Add(ReadProgress progress)
    {
        IsUndisturbed &= progress.IsUndisturbed;
        IsSettled |= progress.IsSettled;
        if (progress.Completed is { } completed)
        {
            Targets.Dequeue();
            metrics.CountCoalesced(completed.Sum(target => target.Requested - target.Fetched - 1));
        }
    }

    private static ReadContext CreateContext(RefetchContext context, RefetchStep step, string? traceparent)
    {
        var one = step.Targets is [var only] ? only : null;
        var readBefore = step.Targets.Count > 0 && step.Targets.All(target => target.CompleteReadAt is not null);
        return new ReadContext(
            context.Location.LocationId,
            step.Read.Kind,
            context.Cause,
            FirstSight: !context.ImportedKinds.Contains(step.Read.Kind) && !readBefore,
            one?.CorrelationId,
            traceparent
        )
        {
            RestateFrom = context.Location.RestateFrom ?? 0,
            FindPending = PendingTargets.FindAsync,
        };
    }
}

/// <param name="IsSettled">False if the targets must be read again later.</param>
internal sealed record ReadOutcome(bool IsSettled, RemovalAssessment? Doubted = null);

internal sealed record ReadProgress(bool IsUndisturbed)
{
    /// <summary>Whether all records are stored; some targets may not be updated yet.</summary>
    public bool IsSettled { get; init; }

    public IReadOnlyCollection<StoredTarget>? Completed { get; init; }

    public bool IsLast { get; init; }
}

/// <summary>The trace of one read, linked to the traces of its requests. It names the kind of record, but no record.</summary>
internal static class ReadTrace
{
    public static Activity? Start(RefetchStep step)
    {
        var name = $"refetch {step.Read.Kind.Name}";
        var requests = step.Targets.Select(target => target.Traceparent);
        // A read without targets is part of another read.
        var trace =
            step.Targets.Count == 0
                ? HubTraces.Continue(name, ActivityKind.Internal, requests)
                : HubTraces.Begin(name, ActivityKind.Internal, requests);
        return trace?.SetTag("notificationhub.targets", step.Targets.Count);
    }

    /// <summary>The <c>traceparent</c> for the events: of the only request, or of the read, which links to all requests.</summary>
    public static string? GetTraceparent(RefetchStep step, Activity? trace) =>
        step.Targets.Select(target => target.Traceparent).Distinct(StringComparer.Ordinal).ToList() switch
        {
            [var one] => one,
            _ => trace is { Recorded: true } ? trace.Id : null,
        };
}
