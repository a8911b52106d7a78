using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

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
