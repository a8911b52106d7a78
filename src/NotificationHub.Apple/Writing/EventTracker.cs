using System.Net;

namespace NotificationHub.Apple;

/// <summary>Follows one accepted request until Apple has finished it.</summary>
/// <param name="session">Reads Event Status.</param>
/// <param name="eventId">Identifies the request.</param>
/// <param name="request">What was requested; null if unknown.</param>
/// <param name="isNew">Whether it was accepted just now, so that the first poll can wait.</param>
internal sealed class EventTracker(AppleSession session, string eventId, WriteRequest? request, bool isNew)
{
    private readonly TimeProvider time = session.Client.Time;
    private readonly TaskCompletionSource<EventResult> reported = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );
    private readonly HashSet<WriteItem> reportedItems = [];
    private readonly List<OperationFailure> reportedFailures = [];
    private readonly Lock sync = new();
    private long? lastPoll = isNew ? session.Client.Time.GetTimestamp() : null;

    public void Report(IEnumerable<WriteItem> items, AppleError? error)
    {
        lock (sync)
        {
            List<WriteItem> added =
            [
                .. items.Where(item => request?.Contains(item) == true && reportedItems.Add(item.ToKey())),
            ];
            if (error is not null && added.Count > 0)
            {
                reportedFailures.Add(new OperationFailure(error, KindOf(error), added));
            }

            if (reportedItems.Count == request?.ItemCount)
            {
                reported.TrySetResult(new EventResult(eventId, Status: null, [.. reportedFailures]));
            }
        }
    }

    public void Report(EventStatus status)
    {
        if (!status.IsPending)
        {
            reported.TrySetResult(ToResult(status));
        }
    }

    public async Task<EventResult> WaitAsync(IProgress<EventStatus>? progress, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var polling = PollAsync(progress, stop.Token);
        await Task.WhenAny(reported.Task, polling);
        await stop.CancelAsync();
        await ((Task)polling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await (reported.Task.IsCompleted ? reported.Task : polling);
    }

    private async Task<EventResult> PollAsync(IProgress<EventStatus>? progress, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        EventStatus? last = null;
        AppleException? error = null;
        while (true)
        {
            await WaitForPollAsync(cancellationToken);
            try
            {
                last = await session.GetEventStatusAsync(eventId, cancellationToken);
                error = null;
                progress?.Report(last);
                if (!last.IsPending)
                {
                    return ToResult(last);
                }
            }
            catch (AppleException exception) when (exception.IsTransient)
            {
                error = exception;
            }

            if (time.GetElapsedTime(start) >= session.Client.Options.EventTimeout)
            {
                return error is null ? ToResult(last!) : throw error;
            }
        }
    }

    // Apple asks clients to poll an event at most every 30 seconds; several callers may wait for it.
    private async Task WaitForPollAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan wait;
            lock (sync)
            {
                wait = lastPoll is { } last
                    ? session.Client.Options.EventPollInterval - time.GetElapsedTime(last)
                    : TimeSpan.Zero;
                if (wait <= TimeSpan.Zero)
                {
                    lastPoll = time.GetTimestamp();
                    return;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancellationToken);
        }
    }

    private EventResult ToResult(EventStatus status) =>
        new(
            eventId,
            status,
            [
                .. status.Failures.Select(error => new OperationFailure(
                    error,
                    KindOf(error),
                    [.. request?.ItemsOf(error.ErrorInfo) ?? []]
                )),
            ]
        );

    private static AppleErrorKind KindOf(AppleError error) =>
        ErrorKinds.From(error.ErrorNumber, HttpStatusCode.BadRequest, isWrite: true);
}
