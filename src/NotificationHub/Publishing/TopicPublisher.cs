using Azure.Messaging.ServiceBus;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Telemetry;

namespace NotificationHub.Publishing;

/// <summary>Sends the events of one topic in log order, in batches, and moves the topic's cursor after each page.</summary>
// Each move waits for the writer: one per batch would let a busy hub publish a third less.
internal sealed partial class TopicPublisher(
    TopicLog log,
    TopicMessages messages,
    TopicSender sender,
    TopicStatusTracker status,
    TimeSpan sendTimeout,
    ILogger<TopicPublisher> logger
)
{
    // If this many events in a row are rejected, the topic is the likely cause.
    private const int RejectionsThatStop = 3;

    /// <summary>The time that the lease must outlast a send, so that the outcome can be committed.</summary>
    public static readonly TimeSpan CommitMargin = TimeSpan.FromSeconds(1);

    private readonly BatchBisector bisector = new();
    private long? lastSuspectSeq;

    public string Topic => status.Topic;

    public TimeSpan WaitLeft => status.WaitLeft;

    /// <summary>Creates the topic's cursor; from then on, unsent events of the topic are not deleted.</summary>
    public Task BeginAsync(Lease lease, CancellationToken cancellationToken) =>
        log.BeginAsync(lease, cancellationToken);

    /// <summary>Sends the next page of events, and returns whether there may be more.</summary>
    /// <exception cref="LeaseLostException">Another replica publishes now, and may repeat the last page.</exception>
    public async Task<bool> PublishNextAsync(Lease lease, CancellationToken cancellationToken)
    {
        if (status.WaitLeft > TimeSpan.Zero && !await HasLaterThanSuspectAsync(cancellationToken))
        {
            return false;
        }

        lastSuspectSeq = null;
        bisector.BeginPass();
        try
        {
            await ResendAsync(lease, cancellationToken);
            return await PublishPageAsync(lease, cancellationToken);
        }
        catch (TopicSendException exception)
        {
            status.Stopped(exception.Message, exception.RetryAfter);
            return false;
        }
    }

    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        var (unsent, oldest) = await log.MeasureAsync(cancellationToken);
        status.Measured(unsent, oldest);
    }

    public void StandBy() => status.StandBy();

    private async Task<bool> PublishPageAsync(Lease lease, CancellationToken cancellationToken)
    {
        var (position, page) = await log.ReadNextPageAsync(cancellationToken);
        using var trace = SendTrace.BeginPass(Topic, page);
        List<OutgoingMessage> queue = [.. page.Select(messages.Create)];
        var (next, sent) = (0, position);
        try
        {
            while (next < queue.Count || await EnqueueLaterAsync(queue, cancellationToken))
            {
                if (!MaySend(lease))
                {
                    return false;
                }

                if (queue[next].Entry.Error is { } error)
                {
                    await CommitAsync();
                    var damaged = new RejectedEvent(queue[next++].Entry, error);
                    position = sent = await DeadLetterAsync(lease, position, damaged, cancellationToken);
                    continue;
                }

                var candidates = queue
                    .Skip(next)
                    .TakeWhile(message => message.Entry.Error is null)
                    .Take(bisector.MaxCount);
                var (count, rejection) = await SendAsync(candidates, cancellationToken);
                if (count == 0)
                {
                    queue[next] = messages.Shrink(queue[next]);
                }
                else if (rejection is null)
                {
                    status.Delivered(queue.GetRange(next, count));
                    next += count;
                    sent = queue[next - 1].Seq;
                    if (bisector.IsSearching)
                    {
                        await CommitAsync();
                    }
                }
                else
                {
                    await CommitAsync();
                    if (count > 1)
                    {
                        bisector.BatchRejected(count, queue[next + count - 1].Seq);
                    }
                    else
                    {
                        Suspect(queue[next++], rejection);
                    }
                }
            }
        }
        finally
        {
            await CommitAsync();
        }

        return page.Count > 0;

        // Commits before there is a suspect: a later commit of the same sends would make the suspect a dead letter.
        async Task CommitAsync()
        {
            if (sent > position)
            {
                await MoveAsync(lease, position, sent, cancellationToken);
                position = sent;
            }
        }
    }

    // With a suspect, read beyond the page: only a later event shows whether the suspect or the topic is the cause.
    private async Task<bool> EnqueueLaterAsync(List<OutgoingMessage> queue, CancellationToken cancellationToken)
    {
        if (bisector.Suspects.Count == 0)
        {
            status.Publishing();
            return false;
        }

        var later = await log.ReadAfterAsync(queue[^1].Seq, RejectionsThatStop, cancellationToken);
        if (later.Count == 0)
        {
            lastSuspectSeq = queue[^1].Seq;
            status.Waiting(bisector.Suspects[^1].Reason);
            return false;
        }

        queue.AddRange(later.Select(messages.Create));
        return true;
    }

    private async Task<bool> HasLaterThanSuspectAsync(CancellationToken cancellationToken) =>
        lastSuspectSeq is { } seq && (await log.ReadAfterAsync(seq, 1, cancellationToken)).Count > 0;

    private void Suspect(OutgoingMessage message, string reason)
    {
        Log.Rejected(logger, Topic, CloudEventWriter.GetId(message.Entry), reason);
        bisector.EventRejected(new RejectedEvent(message.Entry, reason));
        if (bisector.Suspects.Count(suspect => suspect.Entry.Error is null) == RejectionsThatStop)
        {
            throw new TopicSendException(
                TopicSendError.Failed,
                retryAfter: null,
                $"{RejectionsThatStop} events in a row were rejected: {reason}"
            );
        }
    }

    // A damaged event needs no later event as a proof, because the topic is not the cause.
    private async Task<long> DeadLetterAsync(
        Lease lease,
        long position,
        RejectedEvent damaged,
        CancellationToken cancellationToken
    )
    {
        Log.Damaged(logger, CloudEventWriter.GetId(damaged.Entry), Topic, damaged.Reason);
        bisector.DamageFound(damaged);
        if (bisector.Suspects.Count > 1)
        {
            // The cursor must not pass the suspects yet.
            return position;
        }

        await MoveAsync(lease, position, damaged.Entry.Seq, cancellationToken);
        return damaged.Entry.Seq;
    }

    private async Task MoveAsync(Lease lease, long from, long to, CancellationToken cancellationToken)
    {
        RejectedEvent[] deadLettered = [.. bisector.Suspects];
        await log.CommitAsync(lease, from, to, deadLettered, cancellationToken);
        bisector.Accepted(to);
        foreach (var rejected in deadLettered)
        {
            Log.DeadLettered(logger, CloudEventWriter.GetId(rejected.Entry), Topic, rejected.Reason);
            status.DeadLettered();
        }
    }

    private async Task ResendAsync(Lease lease, CancellationToken cancellationToken)
    {
        foreach (var (seq, entry) in await log.ReadResendsAsync(cancellationToken))
        {
            if (!MaySend(lease))
            {
                return;
            }

            var reason = entry is null
                ? "The event is no longer in the log."
                : await TryResendAsync(messages.Create(entry), cancellationToken);
            await (
                reason is null
                    ? log.ResolveResendAsync(lease, seq, cancellationToken)
                    : log.ReopenAsync(lease, seq, reason, cancellationToken)
            );
        }
    }

    private async Task<string?> TryResendAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        while (message.Entry.Error is null)
        {
            var (count, rejection) = await SendAsync([message], cancellationToken);
            if (count > 0)
            {
                return rejection;
            }

            message = messages.Shrink(message);
        }

        return message.Entry.Error;
    }

    // A send that outlives the lease could arrive after the sends of the next owner.
    private bool MaySend(Lease lease) => lease.HasLeft(sendTimeout + CommitMargin);

    private async Task<SendResult> SendAsync(
        IEnumerable<OutgoingMessage> candidates,
        CancellationToken cancellationToken
    )
    {
        using var trace = SendTrace.BeginSend(Topic, candidates.First());
        try
        {
            var result = await sender.SendAsync(
                Topic,
                candidates.Select(message => message.Message).OfType<ServiceBusMessage>(),
                cancellationToken
            );
            trace.Sent(candidates, result);
            if (result is { Count: > 0, Rejection: null })
            {
                status.Sent(result.Count);
            }

            return result;
        }
        catch (TopicSendException exception)
        {
            trace.Fail(exception.Error.ToString());
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Topic {Topic} rejected event {EventId}. It becomes a dead letter if the topic accepts a later event. {Error}"
        )]
        public static partial void Rejected(ILogger logger, string topic, string eventId, string error);

        [LoggerMessage(
            LogLevel.Error,
            "Event {EventId} cannot be sent to topic {Topic}: {Error} It becomes a dead letter; later events continue."
        )]
        public static partial void Damaged(ILogger logger, string eventId, string topic, string error);

        [LoggerMessage(
            LogLevel.Error,
            "Event {EventId} of topic {Topic} became a dead letter; later events continue. Fix the cause, then resend or discard it. {Error}"
        )]
        public static partial void DeadLettered(ILogger logger, string eventId, string topic, string error);
    }
}

internal sealed class TopicPublisherWorker(
    TopicPublisher publisher,
    Signals signals,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<TopicPublisherWorker> logger
) : LeasedWorker(leases, TopicLog.GetName(publisher.Topic), time, logger)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(5);

    // Moving the cursor for every single event would halve the rate of all stages.
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(20);

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            await LoopAsync(lease, cancellationToken);
        }
        finally
        {
            publisher.StandBy();
        }
    }

    private async Task LoopAsync(Lease lease, CancellationToken cancellationToken)
    {
        long? measuredAt = null;
        await publisher.BeginAsync(lease, cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            var started = Time.GetTimestamp();
            var next = signals.EventsAppended.Next;
            var more = await publisher.PublishNextAsync(lease, cancellationToken);
            if (measuredAt is null || Time.GetElapsedTime(measuredAt.Value) >= MeasureInterval)
            {
                await publisher.MeasureAsync(cancellationToken);
                measuredAt = Time.GetTimestamp();
            }

            if (MinInterval - Time.GetElapsedTime(started) is { Ticks: > 0 } early)
            {
                await Task.Delay(early, Time, cancellationToken);
            }

            if (!more)
            {
                await Signal.WaitAsync(next, GetPollDelay(), Time, cancellationToken);
            }
        }
    }

    private TimeSpan GetPollDelay() =>
        publisher.WaitLeft is { Ticks: > 0 } left && left < PollInterval ? left : PollInterval;
}
