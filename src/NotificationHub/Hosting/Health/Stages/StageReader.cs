using Microsoft.Extensions.Options;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Refetch;
using NotificationHub.Storage;

namespace NotificationHub.Hosting.Health.Stages;

/// <summary>Reads how far all stages are, those included that another replica runs.</summary>
internal sealed class StageReader(
    Database database,
    IOptions<ServiceBusOptions> bus,
    IOptions<RefetchOptions> refetch,
    IOptions<HealthOptions> health,
    TimeProvider time
)
{
    public async Task<IReadOnlyList<StageReading>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var now = time.GetUtcNow();
        List<StageReading> readings = [await LogStages.ReadRoutingAsync(connection)];
        if (bus.Value.IsConfigured)
        {
            foreach (var topic in TopicMap.Topics)
            {
                readings.Add(await LogStages.ReadTopicAsync(connection, topic, database, time, cancellationToken));
            }
        }

        readings.Add(
            await ReadingStages.ReadTargetsAsync(
                connection,
                refetch.Value.AttemptsUntilFailed,
                now,
                health.Value.StandstillAfter
            )
        );
        if (refetch.Value.Surveys)
        {
            readings.Add(await ReadingStages.ReadSurveysAsync(connection, now));
        }

        readings.Add(await ReadingStages.ReadOperationsAsync(connection, now));
        readings.Add(await ReadingStages.ReadWatchAsync(connection, now));
        return readings;
    }
}
