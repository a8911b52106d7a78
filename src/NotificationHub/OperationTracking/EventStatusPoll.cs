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

/// <summary>Handles a failed poll: schedules the next one, and updates the location's state.</summary>
internal sealed partial class PollFailurePolicy(
    OperationEvents events,
    TimeProvider time,
    ILogger<PollFailurePolicy> logger
)
{
    // A single rejection may be an error of Apple, or concern a content token that was replaced a moment ago.
    private const int MaxTokenRejections = 2;

    // Outside the transaction, which may be retried.
    public int CountRejection(PollRequest request, AppleException error)
    {
        Log.Failed(logger, request.Location.LocationId, ErrorCode.From(error));
        return error.Kind == AppleErrorKind.TokenInvalid
            ? ++request.Session.Token.ConsecutiveRejections
            : request.Session.Token.ConsecutiveRejections;
    }

    /// <returns>Whether the location's other operations may be polled.</returns>
    public async Task<bool> RecordAsync(
        WriteTransaction transaction,
        PollRequest request,
        AppleException error,
        int tokenRejections,
        TaskCounts counts
    )
    {
        var code = ErrorCode.From(error);
        var now = time.GetStoredUtcNow();
        var affectsLocation = AffectsLocation(error);
        if (error.IsTokenError)
        {
            await RecordTokenErrorAsync(transaction, request, error, tokenRejections);
        }
        else if (error.RetryAfter is { } wait)
        {
            await LocationStore.PauseAsync(transaction, request.Location, now + wait);
        }
        else if (!affectsLocation && OperationTiming.IsStalled(request.Operation, now))
        {
            var report = OperationReports.FromFailure(request.Operation, counts, StallReasons.Unanswered, now);
            await events.EnterAsync(transaction, request.Operation, OperationStates.Stalled, report, now);
        }

        var delay = affectsLocation
            ? OperationTiming.GetDelayDuringOutage(request.Operation.Polls, request.Operation.Deferred)
            : OperationTiming.GetDelay(request.Operation.Polls, request.Operation.Deferred);
        await OperationStore.PostponeAsync(transaction, request.Operation, code, now, now + delay);
        return !affectsLocation;
    }

    private static bool AffectsLocation(AppleException error) =>
        error.IsTokenError
        || error.Kind
            is AppleErrorKind.Paused
                or AppleErrorKind.Throttled
                or AppleErrorKind.Unavailable
                or AppleErrorKind.Network;

    private static async Task RecordTokenErrorAsync(
        WriteTransaction transaction,
        PollRequest request,
        AppleException error,
        int tokenRejections
    )
    {
        if (error.Kind == AppleErrorKind.TokenInvalid && tokenRejections < MaxTokenRejections)
        {
            return;
        }

        var state = LocationStates.AfterError(request.Location.State, error.Kind);
        await LocationStore.SetStateAsync(transaction, request.Location, state, ErrorCode.From(error));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Event Status request for location {LocationId} failed: {Error}. Will retry.")]
        public static partial void Failed(ILogger logger, string locationId, string error);
    }
}
