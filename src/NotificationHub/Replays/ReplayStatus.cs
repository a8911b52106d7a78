using Microsoft.Extensions.Options;
using NotificationHub.Health;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Replays;

internal sealed class ReplayStatus(IOptions<ServiceBusOptions> bus) : IStageStatus
{
    public static readonly DatabaseGaugeDefinition ActiveGauge = new(
        "notificationhub.replay.active",
        "{replay}",
        "Unfinished replays, by topic.",
        "topic",
        [.. TopicMap.Topics],
        "select topic, count(*) from replay where finished_at is null group by topic"
    );

    public async Task<IReadOnlyList<StageStatus>> ReadAsync(StageStatusQuery query, CancellationToken cancellationToken)
    {
        if (!bus.Value.IsConfigured)
        {
            return [];
        }

        var unfinished = await ReplayStore.ListUnfinishedAsync(query.Connection);
        // Later replays of a topic wait for the first one.
        var active = unfinished.DistinctBy(replay => replay.Topic, StringComparer.Ordinal).ToList();
        return
        [
            new StageStatus(ReplayWorker.Name)
            {
                LastProgressAt = active.Max(replay => replay.LastProgressAt),
                Backlog = active.Sum(replay => Math.Max(1, replay.Events - replay.Sent - replay.Rejected)),
                OldestPendingAt = active.Min(replay => replay.LastProgressAt ?? (DateTimeOffset?)replay.RequestedAt),
                Retrying = active.Count(replay => replay.Error is not null),
                Error = active.Find(replay => replay.Error is not null) is { } paused
                    ? $"replay {paused.Id} of {paused.Topic}: {paused.Error}"
                    : null,
            },
        ];
    }
}
