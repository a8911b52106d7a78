using Azure.Messaging.ServiceBus;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Telemetry;

namespace NotificationHub.Replays;

/// <summary>Sends the next batch of the oldest unfinished replay of each topic, if the topic's publisher is not behind.</summary>
internal sealed partial class ReplayPass(
    Database database,
    ReplaySender sender,
    TopicStatuses topics,
    CloudEventWriter writer,
    ReplayMetrics metrics,
    TimeProvider time,
    ILogger<ReplayPass> logger
)
{
    private const int MaxBatch = 100;

    /// <summary>If a live event is unpublished for longer than this, the topic's replay pauses.</summary>
    public static readonly TimeSpan MaxLiveDelay = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));

    private readonly TopicMessages messages = new(writer);
    private readonly Dictionary<string, Schedule> schedules = new(StringComparer.Ordinal);

    /// <returns>The time until the next batch is due.</returns>
    public async Task<TimeSpan> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        var next = PollInterval;
        var unfinished = await database.ReadAsync(ReplayStore.ListUnfinishedAsync, cancellationToken);
        foreach (var replay in unfinished.DistinctBy(replay => replay.Topic, StringComparer.Ordinal))
        {
            if (!schedules.TryGetValue(replay.Topic, out var schedule))
            {
                schedules.Add(replay.Topic, schedule = new Schedule(time));
            }

            if (schedule.Left == TimeSpan.Zero)
            {
                await RunAsync(lease, replay, schedule, cancellationToken);
            }

            next = schedule.Left < next ? schedule.Left : next;
        }

        return next;
    }

    private async Task RunAsync(Lease lease, Replay replay, Schedule schedule, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        if (await EventLog.ReadStartAsync(connection) is var oldest && oldest - 1 > replay.Position)
        {
            await FailAsync(lease, replay, oldest, cancellationToken);
            return;
        }

        var published = await TopicLog.ReadPositionAsync(connection, replay.Topic);
        var live = await TopicLog.ReadOldestUnsentAsync(connection, replay.Topic, published);
        if (live < time.GetUtcNow() - MaxLiveDelay || topics[replay.Topic].State == TopicState.Stopped)
        {
            schedule.Wait(PollInterval);
            await PauseAsync(lease, replay, "Live events of the topic are delayed; they go first.", cancellationToken);
            return;
        }

        var batch = (int)Math.Min(replay.Rate, MaxBatch);
        var (events, position) = await ReplayRange.ReadNextAsync(connection, replay, batch, cancellationToken);
        try
        {
            await SendAsync(lease, replay, [.. events.Select(messages.Create)], position, cancellationToken);
            schedule.Continue(TimeSpan.FromSeconds((double)events.Count / replay.Rate));
        }
        catch (TopicSendException exception)
        {
            schedule.Fail(exception.RetryAfter);
            await PauseAsync(lease, replay, exception.Message, cancellationToken);
        }
    }

    // The position moves after each batch. A crash repeats one with the same message IDs, and duplicate detection drops the repeats.
    private async Task SendAsync(
        Lease lease,
        Replay replay,
        List<OutgoingMessage> queue,
        long position,
        CancellationToken cancellationToken
    )
    {
        var (next, max, rejected) = (0, queue.Count, 0);
        while (next < queue.Count)
        {
            if (queue[next].Entry.Error is { } error)
            {
                Skip(replay, queue[next++], error);
                rejected++;
                continue;
            }

            if (!lease.HasLeft(sender.Timeout + TopicPublisher.CommitMargin))
            {
                return;
            }

            var candidates = queue.Skip(next).TakeWhile(message => message.Entry.Error is null).Take(max);
            var (count, rejection) = await SendAsync(replay, candidates, cancellationToken);
            if (count == 0)
            {
                queue[next] = messages.Shrink(queue[next]);
            }
            else if (rejection is null)
            {
                next += count;
                var upTo = next == queue.Count ? position : queue[next - 1].Seq;
                if (await MoveAsync(lease, replay, upTo, count, rejected) is not { } moved)
                {
                    return;
                }

                (replay, rejected) = (moved, 0);
            }
            else if (count > 1)
            {
                max = 1;
            }
            else
            {
                Skip(replay, queue[next++], rejection);
                rejected++;
            }
        }

        if (replay.Position < position || replay.State == ReplayState.Pending)
        {
            await MoveAsync(lease, replay, position, sent: 0, rejected);
        }
    }

    private async Task<SendResult> SendAsync(
        Replay replay,
        IEnumerable<OutgoingMessage> candidates,
        CancellationToken cancellationToken
    )
    {
        using var trace = SendTrace.BeginSend(replay.Topic, candidates.First());
        try
        {
            var result = await sender.SendAsync(
                replay.Topic,
                candidates.Select(message => Address(message.Message!, CloudEventWriter.GetId(message.Entry), replay)),
                cancellationToken
            );
            trace.Sent(candidates, result);
            return result;
        }
        catch (TopicSendException exception)
        {
            trace.Fail(exception.Error.ToString());
            throw;
        }
    }

    private static ServiceBusMessage Address(ServiceBusMessage message, string eventId, Replay replay)
    {
        message.MessageId = $"{eventId}.{replay.Id}";
        TopicMessages.Address(message, replay.Subscription, replay.RequestedBy);
        message.ApplicationProperties["replay"] = replay.Id!;
        return message;
    }

    /// <returns>The replay at its new position; null if it has ended.</returns>
    private async Task<Replay?> MoveAsync(Lease lease, Replay replay, long position, int sent, int rejected)
    {
        // The batch is sent already, so a shutdown waits for its commit.
        var continues = await database.WriteAsync(
            lease,
            transaction => ReplayStore.MoveAsync(transaction, replay, position, sent, rejected, time.GetStoredUtcNow()),
            CancellationToken.None
        );
        metrics.Sent(replay.Topic, sent, rejected);
        if (!continues && position >= replay.UpTo)
        {
            Log.Completed(logger, replay.Id!, replay.Topic, replay.Sent + sent);
        }

        return continues
            ? replay with
            {
                Position = position,
                State = ReplayState.Running,
                Sent = replay.Sent + sent,
                Error = null,
            }
            : null;
    }

    private void Skip(Replay replay, OutgoingMessage message, string reason) =>
        Log.Skipped(logger, CloudEventWriter.GetId(message.Entry), replay.Id!, replay.Topic, reason);

    private async Task PauseAsync(Lease lease, Replay replay, string reason, CancellationToken cancellationToken)
    {
        if (replay.Error != reason)
        {
            Log.Paused(logger, replay.Id!, replay.Topic, reason);
            await database.WriteAsync(
                lease,
                transaction => ReplayStore.PauseAsync(transaction, replay.Id!, reason),
                cancellationToken
            );
        }
    }

    private async Task FailAsync(Lease lease, Replay replay, long oldest, CancellationToken cancellationToken)
    {
        var reason =
            $"Events before {oldest} were deleted before they were sent. To replay what is stored, start after {oldest - 1}.";
        await database.WriteAsync(
            lease,
            transaction =>
                ReplayStore.EndAsync(transaction, replay.Id!, ReplayState.Failed, reason, time.GetStoredUtcNow()),
            cancellationToken
        );
        Log.Failed(logger, replay.Id!, replay.Topic, reason);
    }

    /// <summary>When the next batch of a topic is due.</summary>
    private sealed class Schedule(TimeProvider time)
    {
        private long start;
        private TimeSpan wait;
        private int failures;

        public TimeSpan Left => wait - time.GetElapsedTime(start) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

        public void Continue(TimeSpan pause)
        {
            failures = 0;
            Wait(pause);
        }

        public void Fail(TimeSpan? retryAfter) => Wait(retryAfter ?? Backoff.PauseAfter(failures++));

        public void Wait(TimeSpan pause) => (start, wait) = (time.GetTimestamp(), pause);
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "Replay {ReplayId} of topic {Topic} is complete: {Sent} events were sent."
        )]
        public static partial void Completed(ILogger logger, string replayId, string topic, long sent);

        [LoggerMessage(LogLevel.Warning, "Event {EventId} was skipped by replay {ReplayId} of topic {Topic}: {Error}")]
        public static partial void Skipped(ILogger logger, string eventId, string replayId, string topic, string error);

        [LoggerMessage(
            LogLevel.Information,
            "Replay {ReplayId} of topic {Topic} is paused and will continue automatically: {Error}"
        )]
        public static partial void Paused(ILogger logger, string replayId, string topic, string error);

        [LoggerMessage(LogLevel.Error, "Replay {ReplayId} of topic {Topic} failed: {Error}")]
        public static partial void Failed(ILogger logger, string replayId, string topic, string error);
    }
}
