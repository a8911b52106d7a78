using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

/// <summary>The state of a topic's publisher on this replica.</summary>
internal sealed record TopicStatus(string Topic)
{
    public TopicState State { get; init; }

    public string? Reason { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? LastSentAt { get; init; }

    /// <summary>The number of unsent events, up to a limit; a few seconds old.</summary>
    public long Unsent { get; init; }

    public DateTimeOffset? OldestUnsentAt { get; init; }

    public TimeSpan OldestUnsentAge(TimeProvider time) =>
        OldestUnsentAt is { } at && time.GetUtcNow() > at ? time.GetUtcNow() - at : TimeSpan.Zero;
}

internal sealed class TopicStatuses
{
    private readonly ConcurrentDictionary<string, TopicStatus> statuses = new(
        TopicMap.Topics.Select(topic => KeyValuePair.Create(topic, new TopicStatus(topic))),
        StringComparer.Ordinal
    );

    public IReadOnlyList<TopicStatus> All =>
        [.. statuses.Values.OrderBy(status => status.Topic, StringComparer.Ordinal)];

    public TopicStatus this[string topic] => statuses[topic];

    public void Update(string topic, Func<TopicStatus, TopicStatus> change) =>
        statuses.AddOrUpdate(topic, name => change(new TopicStatus(name)), (_, status) => change(status));
}

/// <summary>Sets a topic's status and its backoff together.</summary>
internal sealed partial class TopicStatusTracker(
    string topic,
    TopicStatuses statuses,
    PublishingMetrics metrics,
    Random random,
    TimeProvider time,
    ILogger<TopicPublisher> logger
)
{
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));

    private int failures;
    private long waitStart;
    private TimeSpan wait;

    public string Topic => topic;

    public TimeSpan WaitLeft => wait - time.GetElapsedTime(waitStart) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    public void Sent(int events)
    {
        metrics.Sent(topic, events);
        Publishing();
        statuses.Update(topic, status => status with { LastSentAt = time.GetUtcNow() });
    }

    // Not for dead letters that are sent again: they say nothing about the topic's delay.
    public void Delivered(IEnumerable<OutgoingMessage> batch) =>
        metrics.Delivered(topic, batch.Select(message => message.Entry), time);

    public void Publishing()
    {
        EndWait();
        var before = statuses[topic].State;
        Enter(TopicState.Publishing, reason: null);
        if (before is TopicState.Stopped or TopicState.Waiting)
        {
            Log.Resumed(logger, topic);
        }
    }

    public void Stopped(string reason, TimeSpan? retryAfter)
    {
        BeginWait(retryAfter);
        if (Enter(TopicState.Stopped, reason))
        {
            Log.Stopped(logger, topic, reason);
        }
    }

    public void Waiting(string reason)
    {
        BeginWait(retryAfter: null);
        Enter(TopicState.Waiting, reason);
    }

    public void StandBy()
    {
        EndWait();
        Enter(TopicState.Standby, reason: null);
        Measured(unsent: 0, oldest: null);
    }

    public void DeadLettered() => metrics.DeadLettered(topic, 1);

    public void Measured(long unsent, DateTimeOffset? oldest)
    {
        statuses.Update(topic, status => status with { Unsent = unsent, OldestUnsentAt = oldest });
        metrics.Measured(statuses[topic], time);
    }

    // As long as Service Bus requests, otherwise with full jitter.
    private void BeginWait(TimeSpan? retryAfter)
    {
        var delay = Backoff.PauseAfter(failures++, least: 0, most: 1, random);
        (waitStart, wait) = (time.GetTimestamp(), retryAfter ?? delay);
    }

    private void EndWait() => (failures, wait) = (0, TimeSpan.Zero);

    /// <returns>Whether the state or the reason changed.</returns>
    private bool Enter(TopicState state, string? reason)
    {
        var before = statuses[topic];
        if (before.State == state && before.Reason == reason)
        {
            return false;
        }

        var since = before.State == state ? before.Since : time.GetUtcNow();
        statuses.Update(topic, status => status with { State = state, Reason = reason, Since = since });
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Publishing to topic {Topic} stopped: {Error} Will retry with backoff; its events wait in the log."
        )]
        public static partial void Stopped(ILogger logger, string topic, string error);

        [LoggerMessage(LogLevel.Information, "Publishing to topic {Topic} resumed.")]
        public static partial void Resumed(ILogger logger, string topic);
    }
}

internal sealed class PublishingStatus(
    Database database,
    IOptions<ServiceBusOptions> bus,
    TopicStatuses topics,
    TimeProvider time
) : IStageStatus
{
    public static readonly DatabaseGaugeDefinition DeadLetterGauge = new(
        "notificationhub.publishing.dead_letters",
        "{event}",
        "Open dead letters, by topic.",
        "topic",
        [.. TopicMap.Topics],
        DeadLetterStore.CountOpen
    );

    public async Task<IReadOnlyList<StageStatus>> ReadAsync(StageStatusQuery query, CancellationToken cancellationToken)
    {
        if (!bus.Value.IsConfigured)
        {
            return [];
        }

        List<StageStatus> statuses = [];
        foreach (var topic in TopicMap.Topics)
        {
            var name = TopicLog.GetName(topic);
            var (position, lastProgressAt) = await LogCursor.ReadAsync(query.Connection, name);
            var (unsent, oldest) = await new TopicLog(topic, database, time).MeasureAsync(cancellationToken);
            var local = topics[topic];
            statuses.Add(
                new TopicStageStatus(name, topic)
                {
                    Cursor = position,
                    LastProgressAt = lastProgressAt,
                    Backlog = unsent,
                    OldestPendingAt = oldest,
                    Error = local.Reason,
                    State = local.State,
                    Reason = local.Reason,
                    Since = local.Since,
                    LastSentAt = local.LastSentAt,
                }
            );
        }

        return statuses;
    }
}
