using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>What follows from a question that Apple did not answer: it is asked again, and the location's trouble is noted.</summary>
internal sealed partial class PollFailurePolicy(
    OperationEvents events,
    TimeProvider time,
    ILogger<PollFailurePolicy> logger
)
{
    /// <summary>One such answer may be Apple's mistake, or the content token that was replaced a moment ago.</summary>
    private const int UnknownTokenAnswersUntilInvalid = 2;

    /// <summary>Takes note of the answer itself, before the transaction: the lane may run that again.</summary>
    /// <returns>How often in a row Apple has not known the content token by now.</returns>
    public int Hear(PollRequest ask, AppleException fault)
    {
        Log.Unanswered(logger, ask.Location.LocationId, ErrorCode.From(fault));
        return fault.Kind == AppleErrorKind.TokenInvalid
            ? ++ask.Session.Token.ConsecutiveRejections
            : ask.Session.Token.ConsecutiveRejections;
    }

    /// <param name="unknownTokenAnswers">As <see cref="Hear"/> said.</param>
    /// <returns>Whether the location's other operations may be asked for.</returns>
    public async Task<bool> NoteAsync(
        WriteTransaction transaction,
        PollRequest ask,
        AppleException fault,
        int unknownTokenAnswers,
        TaskCounts tally
    )
    {
        var words = ErrorCode.From(fault);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var concernsAll = ConcernsAll(fault);
        if (fault.IsTokenFault)
        {
            await NoteTokenAsync(transaction, ask, fault, unknownTokenAnswers);
        }
        else if (fault.RetryAfter is { } wait)
        {
            await LocationStore.PauseAsync(transaction, ask.Location, now + (long)wait.TotalMilliseconds);
        }
        else if (!concernsAll && OperationTiming.IsStalled(ask.Operation, now))
        {
            var report = OperationReports.OfNoStatus(ask.Operation, tally, StallReasons.Unanswered, now);
            await events.TellAsync(transaction, ask.Operation, OperationStates.Stalled, report, now);
        }

        var pause = concernsAll
            ? OperationTiming.PauseWhileDown(ask.Operation.Polls, ask.Operation.Deferred)
            : OperationTiming.PauseAfter(ask.Operation.Polls, ask.Operation.Deferred);
        await OperationStore.PostponeAsync(transaction, ask.Operation, words, now, now + (long)pause.TotalMilliseconds);
        return !concernsAll;
    }

    private static bool ConcernsAll(AppleException fault) =>
        fault.IsTokenFault
        || fault.Kind
            is AppleErrorKind.Paused
                or AppleErrorKind.Throttled
                or AppleErrorKind.Unavailable
                or AppleErrorKind.Network;

    private static async Task NoteTokenAsync(
        WriteTransaction transaction,
        PollRequest ask,
        AppleException fault,
        int unknownTokenAnswers
    )
    {
        if (fault.Kind == AppleErrorKind.TokenInvalid && unknownTokenAnswers < UnknownTokenAnswersUntilInvalid)
        {
            return;
        }

        var state = LocationStates.AfterError(ask.Location.State, fault.Kind);
        await LocationStore.SetStateAsync(transaction, ask.Location, state, ErrorCode.From(fault));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "An operation of location {LocationId} was asked for in vain: {Fault}")]
        public static partial void Unanswered(ILogger logger, string locationId, string fault);
    }
}
