using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.OperationTracking;

/// <summary>What is asked, and with which right.</summary>
internal sealed record PollRequest(Operation Operation, Location Location, LocationSession Session, Lease Lease);

/// <summary>
/// Asks Apple how far one operation is and commits what follows. That it is being asked is committed before, so that a hub that
/// dies with the answer does not make the next one ask too soon.
/// </summary>
internal sealed class EventStatusPoll(
    Database database,
    PollFailurePolicy faults,
    OperationEvents events,
    OperationMetrics metrics,
    TimeProvider time
)
{
    private const string Pending = "PENDING";

    private static readonly string[] Final = ["COMPLETE", "FAILED"];

    /// <returns>Whether the location's next operation may be asked for.</returns>
    public async Task<bool> AskAsync(PollRequest ask, CancellationToken cancellationToken)
    {
        if (!await WriteAsync(ask, t => OperationStore.ClaimAsync(t, ask.Operation, Now), cancellationToken))
        {
            return true;
        }

        var tally = await TaskCounts.ReadAsync(database, ask.Operation, cancellationToken);
        try
        {
            metrics.CountQuestion();
            var status = await ask.Session.Apple.GetEventStatusAsync(ask.Operation.EventId, cancellationToken);
            ask.Session.Token.ConsecutiveRejections = 0;
            await WriteAsync(ask, t => TakeInAsync(t, ask.Operation, status, tally), cancellationToken);
            return true;
        }
        catch (AppleException fault) when (fault.Kind == AppleErrorKind.EventUnknown)
        {
            await WriteAsync(ask, t => ForgetAsync(t, ask.Operation, tally), cancellationToken);
            return true;
        }
        catch (AppleException fault)
        {
            var unknownToken = faults.Hear(ask, fault);
            return await WriteAsync(ask, t => faults.NoteAsync(t, ask, fault, unknownToken, tally), cancellationToken);
        }
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task<bool> TakeInAsync(
        WriteTransaction transaction,
        Operation operation,
        EventStatus status,
        TaskCounts tally
    )
    {
        var now = Now;
        var report = OperationReports.OfStatus(operation, status, tally, now);
        if (Final.Contains(status.Status, StringComparer.Ordinal))
        {
            var state = status.IsSuccess ? OperationStates.Completed : OperationStates.Failed;
            return await events.TellAsync(transaction, operation, state, report, now);
        }

        if (OperationTiming.IsStalled(operation, now))
        {
            var reason = status.IsPending ? StallReasons.Pending : StallReasons.Unanswered;
            await events.TellAsync(
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
            status.Status == Pending ? null : "an answer without a known eventStatus",
            now,
            now + (long)OperationTiming.PauseAfter(operation.Polls, operation.Deferred).TotalMilliseconds
        );
        return true;
    }

    /// <summary>9708. However it went, nobody can tell any more.</summary>
    private Task<bool> ForgetAsync(WriteTransaction transaction, Operation operation, TaskCounts tally)
    {
        var now = Now;
        var report = OperationReports.OfNoStatus(operation, tally, StallReasons.Unknown, now);
        return events.TellAsync(transaction, operation, OperationStates.Unknown, report, now);
    }

    private Task<bool> WriteAsync(
        PollRequest ask,
        Func<WriteTransaction, Task<bool>> work,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                await ask.Lease.EnsureAsync(transaction);
                return await work(transaction);
            },
            cancellationToken
        );
}
