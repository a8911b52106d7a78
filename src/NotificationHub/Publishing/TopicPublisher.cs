using Azure.Messaging.ServiceBus;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage.Leases;
using NotificationHub.Telemetry;

namespace NotificationHub.Publishing;

/// <summary>
/// Sends one topic's events in the order of the log, a batch at a time, and moves the topic's cursor after each. What the
/// broker does not take stops this topic and no other.
/// </summary>
internal sealed partial class TopicPublisher(
    TopicLog log,
    TopicMessages messages,
    TopicSender sender,
    TopicStatusTracker health,
    TimeSpan sendTimeout,
    ILogger<TopicPublisher> logger
)
{
    /// <summary>So many refused alone, one after another: the fault is hardly theirs.</summary>
    private const int RefusalsThatStop = 3;

    /// <summary>What the lease must outlast a send by, so that its outcome can still be committed.</summary>
    public static readonly TimeSpan CommitMargin = TimeSpan.FromSeconds(1);

    private readonly BatchBisector narrowing = new();
    private long? suspectAtTheEnd;

    public string Topic => health.Topic;

    /// <summary>How long the topic is left alone; zero when it may be tried.</summary>
    public TimeSpan WaitLeft => health.WaitLeft;

    /// <summary>Creates the topic's cursor; from then on, unsent events of the topic are not deleted.</summary>
    public Task BeginAsync(Lease lease, CancellationToken cancellationToken) =>
        log.BeginAsync(lease, cancellationToken);

    /// <summary>Sends what is due. Whoever calls does so again and again, early when events were appended.</summary>
    /// <returns>Whether there was something due, so that more may be: a page ends at a number of bytes, too.</returns>
    /// <exception cref="LeaseLostException">Another replica publishes now; the last batch may be sent again by it.</exception>
    public async Task<bool> PublishDueAsync(Lease lease, CancellationToken cancellationToken)
    {
        if (health.WaitLeft > TimeSpan.Zero && !await HasLaterThanSuspectAsync(cancellationToken))
        {
            return false;
        }

        suspectAtTheEnd = null;
        narrowing.BeginPass();
        try
        {
            await ResendAsync(lease, cancellationToken);
            return await PublishPageAsync(lease, cancellationToken);
        }
        catch (TopicSendException exception)
        {
            health.Stopped(exception.Message, exception.RetryAfter);
            return false;
        }
    }

    /// <summary>Takes stock of what waits, for whoever watches.</summary>
    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        var (unsent, oldest) = await log.MeasureAsync(cancellationToken);
        health.Measured(unsent, oldest);
    }

    public void StandBy() => health.StandBy();

    private async Task<bool> PublishPageAsync(Lease lease, CancellationToken cancellationToken)
    {
        var (position, page) = await log.ReadDueAsync(cancellationToken);
        using var trace = SendTrace.BeginPass(Topic, page);
        List<OutgoingMessage> queue = [.. page.Select(messages.Create)];
        var next = 0;
        while (next < queue.Count || await EnqueueLaterAsync(queue, cancellationToken))
        {
            if (!MaySend(lease))
            {
                return false;
            }

            if (queue[next].Entry.Error is { } fault)
            {
                position = await SetAsideAsync(
                    lease,
                    position,
                    new RejectedEvent(queue[next++].Entry, fault),
                    cancellationToken
                );
                continue;
            }

            var batch = queue
                .Skip(next)
                .TakeWhile(message => message.Entry.Error is null)
                .Take(narrowing.MaxCount)
                .ToList();
            var (count, rejection) = await SendAsync(batch, cancellationToken);
            if (count == 0)
            {
                queue[next] = Smaller(queue[next]);
            }
            else if (rejection is null)
            {
                var last = batch[count - 1];
                health.Delivered(batch.Take(count));
                await MoveAsync(lease, position, last.Seq, cancellationToken);
                position = last.Seq;
                next += count;
            }
            else if (count > 1)
            {
                narrowing.BatchRefused(count, batch[count - 1].Seq);
            }
            else
            {
                Suspect(batch[0], rejection);
                next++;
            }
        }

        return page.Count > 0;
    }

    // What does not fit into a message of its own is sent as a claim check; what does not fit even then becomes a dead letter.
    private OutgoingMessage Smaller(OutgoingMessage message) =>
        message.IsClaimCheck
            ? message with
            {
                Entry = message.Entry with { Error = "The event is too large for a message, even without its data." },
            }
            : messages.CreateClaimCheck(message.Entry);

    /// <summary>Behind a suspect the page is not the end: whether there is a later event decides what becomes of it.</summary>
    private async Task<bool> EnqueueLaterAsync(List<OutgoingMessage> queue, CancellationToken cancellationToken)
    {
        if (narrowing.Suspects.Count == 0)
        {
            health.Publishing();
            return false;
        }

        var later = await log.ReadAfterAsync(queue[^1].Seq, RefusalsThatStop, cancellationToken);
        if (later.Count == 0)
        {
            suspectAtTheEnd = queue[^1].Seq;
            health.Waiting(narrowing.Suspects[^1].Reason);
            return false;
        }

        queue.AddRange(later.Select(messages.Create));
        return true;
    }

    private async Task<bool> HasLaterThanSuspectAsync(CancellationToken cancellationToken) =>
        suspectAtTheEnd is { } seq && (await log.ReadAfterAsync(seq, 1, cancellationToken)).Count > 0;

    private void Suspect(OutgoingMessage message, string reason)
    {
        Log.Refused(logger, CloudEventWriter.IdOf(message.Entry), Topic, reason);
        narrowing.EventRefused(new RejectedEvent(message.Entry, reason));
        if (narrowing.Suspects.Count(suspect => suspect.Entry.Error is null) == RefusalsThatStop)
        {
            throw new TopicSendException(
                TopicSendError.Failed,
                retryAfter: null,
                $"{RefusalsThatStop} events in a row were rejected: {reason}"
            );
        }
    }

    /// <summary>Sets a damaged row aside without waiting for a later event to be accepted, because the topic did not cause the damage.</summary>
    /// <returns>The position of the cursor.</returns>
    private async Task<long> SetAsideAsync(
        Lease lease,
        long position,
        RejectedEvent damaged,
        CancellationToken cancellationToken
    )
    {
        Log.Damaged(logger, CloudEventWriter.IdOf(damaged.Entry), Topic, damaged.Reason);
        if (narrowing.Suspects.Count > 0)
        {
            // The cursor must not pass the suspects yet.
            narrowing.DamageFound(damaged);
            return position;
        }

        narrowing.DamageFound(damaged);
        await MoveAsync(lease, position, damaged.Entry.Seq, cancellationToken);
        return damaged.Entry.Seq;
    }

    private async Task MoveAsync(Lease lease, long from, long to, CancellationToken cancellationToken)
    {
        RejectedEvent[] deadLettered = [.. narrowing.Suspects];
        await log.CommitAsync(lease, from, to, deadLettered, cancellationToken);
        narrowing.Accepted(to);
        foreach (var refused in deadLettered)
        {
            Log.DeadLettered(logger, CloudEventWriter.IdOf(refused.Entry), Topic);
            health.DeadLettered();
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
                    ? log.SettleResendAsync(lease, seq, cancellationToken)
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

            message = Smaller(message);
        }

        return message.Entry.Error;
    }

    // A send that may outlive the lease could come after the next owner's.
    private bool MaySend(Lease lease) => lease.HasLeft(sendTimeout + CommitMargin);

    /// <exception cref="TopicSendException">The topic accepts nothing.</exception>
    private async Task<SendResult> SendAsync(List<OutgoingMessage> batch, CancellationToken cancellationToken)
    {
        using var trace = SendTrace.BeginSend(Topic, batch);
        try
        {
            var result = await sender.SendAsync(
                Topic,
                [.. batch.Select(message => message.Message).OfType<ServiceBusMessage>()],
                cancellationToken
            );
            trace.Sent(batch, result);
            if (result is { Count: > 0, Rejection: null })
            {
                health.Sent(result.Count);
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
        [LoggerMessage(LogLevel.Warning, "The event {Id} was refused by the topic {Topic}: {Reason}")]
        public static partial void Refused(ILogger logger, string id, string topic, string reason);

        [LoggerMessage(
            LogLevel.Error,
            "The event {Id} cannot be sent to the topic {Topic} and becomes a dead letter: {Reason}"
        )]
        public static partial void Damaged(ILogger logger, string id, string topic, string reason);

        [LoggerMessage(
            LogLevel.Error,
            "The event {Id} is set aside: the topic {Topic} refuses it and takes later ones."
        )]
        public static partial void DeadLettered(ILogger logger, string id, string topic);
    }
}
