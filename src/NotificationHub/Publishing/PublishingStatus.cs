using Microsoft.Extensions.Options;
using NotificationHub.Health;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

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
        $"select topic, count(*) from dead_letter where state = '{DeadLetterState.Open}' group by topic"
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
            var (position, movedAt) = await LogCursor.ReadAsync(query.Connection, name);
            var (unsent, oldest) = await new TopicLog(topic, database, time).MeasureAsync(cancellationToken);
            var local = topics[topic];
            statuses.Add(
                new TopicStageStatus(name, topic)
                {
                    Cursor = position,
                    LastProgressAt = movedAt,
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
