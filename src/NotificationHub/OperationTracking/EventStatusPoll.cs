using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.OperationTracking;

internal sealed record PollRequest(Operation Operation, Location Location, LocationSession Session, Lease Lease);

/// <summary>Requests the Event Status of one operation and commits the outcome.</summary>
// The poll is committed before it is sent, so that polls stay 30 s apart even after a crash.
internal sealed class EventStatusPoll(
    Database database,
    PollFailurePolicy failures,
    OperationEvents events,
    OperationMetrics metrics,
    TimeProvider time
)
{
    private const string Pending = "PENDING";

    private static readonly string[] Final = ["COMPLETE", "FAILED"];

    /// <returns>Whether the location's next operation may be polled.</returns>
    public async Task<bool> PollAsync(PollRequest request, CancellationToken cancellationToken)
    {
        if (!await WriteAsync(request, t => OperationStore.ClaimAsync(t, request.Operation, Now), cancellationToken))
        {
            return true;
        }

        var counts = await TaskCounts.ReadAsync(database, request.Operation, cancellationToken);
        try
        {
            metrics.CountPoll();
            var status = await request.Session.Apple.GetEventStatusAsync(request.Operation.EventId, cancellationToken);
            request.Session.Token.ConsecutiveRejections = 0;
            await WriteAsync(request, t => ApplyAsync(t, request.Operation, status, counts), cancellationToken);
            return true;
        }
        catch (AppleException error) when (error.Kind == AppleErrorKind.EventUnknown)
        {
            await WriteAsync(request, t => EnterUnknownAsync(t, request.Operation, counts), cancellationToken);
            return true;
        }
        catch (AppleException error)
        {
            var tokenRejections = failures.CountRejection(request, error);
            return await WriteAsync(
                request,
                t => failures.RecordAsync(t, request, error, tokenRejections, counts),
                cancellationToken
            );
        }
    }

    private DateTimeOffset Now => time.GetStoredUtcNow();

    private async Task<bool> ApplyAsync(
        WriteTransaction transaction,
        Operation operation,
        EventStatus status,
        TaskCounts counts
    )
    {
        var now = Now;
        var report = OperationReports.FromStatus(operation, status, counts, now);
        if (Final.Contains(status.Status, StringComparer.Ordinal))
        {
            var state = status.IsSuccess ? OperationStates.Completed : OperationStates.Failed;
            return await events.EnterAsync(transaction, operation, state, report, now);
        }

        if (OperationTiming.IsStalled(operation, now))
        {
            var reason = status.IsPending ? StallReasons.Pending : StallReasons.Unanswered;
            await events.EnterAsync(
                transaction,
                operation,
                OperationStates.Stalled,
                report with
                {
                    Reason = reason,
                },
                now
            );
        }

        await OperationStore.PostponeAsync(
            transaction,
            operation,
            status.Status == Pending ? null : "unknown eventStatus",
            now,
            now + OperationTiming.GetDelay(operation.Polls, operation.Deferred)
        );
        return true;
    }

    // Error 9708: the result cannot be determined.
    private Task<bool> EnterUnknownAsync(WriteTransaction transaction, Operation operation, TaskCounts counts)
    {
        var now = Now;
        var report = OperationReports.FromFailure(operation, counts, StallReasons.Unknown, now);
        return events.EnterAsync(transaction, operation, OperationStates.Unknown, report, now);
    }

    private Task<bool> WriteAsync(
        PollRequest request,
        Func<WriteTransaction, Task<bool>> work,
        CancellationToken cancellationToken
    ) => database.WriteAsync(request.Lease, work, cancellationToken);
}
