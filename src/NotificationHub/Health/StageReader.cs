using Microsoft.Extensions.Options;
using NotificationHub.FullSync;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Refetch;
using NotificationHub.Retention;
using NotificationHub.Storage;

namespace NotificationHub.Health;

/// <summary>Reads how far all stages are, those included that another replica runs.</summary>
internal sealed class StageReader(
    Database database,
    IOptions<ServiceBusOptions> bus,
    IOptions<RefetchOptions> refetch,
    IOptions<FullSyncOptions> fullSync,
    IOptions<HealthOptions> health,
    TopicStatuses statuses,
    IOptions<RetentionOptions> retention,
    EventRetentionLimit bounds,
    LogAges ages,
    TrustedClock clock,
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
                var reading = await LogStages.ReadTopicAsync(connection, topic, database, time, cancellationToken);
                // Why it stands still is known where it is published.
                readings.Add(reading with { Fault = statuses[topic].Reason });
            }
        }

        var (givenUp, standstillAfter) = (refetch.Value.MaxAttempts, health.Value.StallThreshold);
        readings.Add(await ReadingStages.ReadTargetsAsync(connection, givenUp, now, standstillAfter));
        if (fullSync.Value.Enabled)
        {
            readings.Add(await ReadingStages.ReadFullSyncsAsync(connection, givenUp, now, standstillAfter));
        }

        readings.Add(await ReadingStages.ReadOperationsAsync(connection, now));
        readings.Add(await ReadingStages.ReadWatchAsync(connection, now));
        // As retention judges it: what a clock that has jumped would delete is not overdue.
        var trusted = await clock.PeekAsync(cancellationToken);
        readings.Add(await RetentionStage.ReadAsync(connection, bounds, ages, retention.Value, trusted));
        return readings;
    }
}
