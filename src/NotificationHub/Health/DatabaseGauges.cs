using System.Data.Common;
using System.Diagnostics.Metrics;
using Dapper;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Publishing;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Health;

/// <summary>Counts, while somebody listens, what only the database knows; every replica counts the same.</summary>
internal sealed class DatabaseGauges : PeriodicWorker
{
    private readonly Database database;
    private readonly Instrument[] instruments;
    private volatile Stock? latest;

    public DatabaseGauges(Database database, IMeterFactory meters, TimeProvider time, ILogger<DatabaseGauges> logger)
        : base("count locations and dead letters", TimeSpan.FromSeconds(15), time, logger)
    {
        this.database = database;
        var meter = meters.CreateHubMeter();
        instruments =
        [
            meter.CreateObservableGauge(
                "notificationhub.locations",
                () =>
                    Observe(
                        "state",
                        Enum.GetValues<LocationState>().Select(state => state.ToWireName()),
                        latest?.Locations
                    ),
                "{location}",
                "Locations, by their state."
            ),
            meter.CreateObservableGauge(
                "notificationhub.publishing.dead_letters",
                () => Observe("topic", TopicMap.Topics, latest?.DeadLetters),
                "{event}",
                "Dead letters of a topic that nobody has decided about."
            ),
        ];
    }

    protected override bool RunsAtStart => true;

    // The health checks report a database that cannot be read.
    protected override LogLevel FailureLevel => LogLevel.Debug;

    /// <summary>Counts.</summary>
    public async Task TakeStockAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        latest = new Stock(await UnhealthyLocation.CountAsync(connection), await CountDeadLettersAsync(connection));
    }

    protected override Task RunAsync(CancellationToken cancellationToken) =>
        instruments.Any(instrument => instrument.Enabled) ? TakeStockAsync(cancellationToken) : Task.CompletedTask;

    private static async Task<IReadOnlyDictionary<string, long>> CountDeadLettersAsync(DbConnection connection) =>
        (
            await connection.QueryAsync<(string Topic, long Events)>(
                "select topic, count(*) from dead_letter where state = @Open group by topic",
                new { DeadLetterState.Open }
            )
        ).ToDictionary(row => row.Topic, row => row.Events, StringComparer.Ordinal);

    // A zero is told as well: that there are none any more is to be seen.
    private static IEnumerable<Measurement<long>> Observe(
        string tag,
        IEnumerable<string> values,
        IReadOnlyDictionary<string, long>? counts
    ) =>
        counts is null
            ? []
            : values.Select(value => new Measurement<long>(
                counts.GetValueOrDefault(value),
                KeyValuePair.Create<string, object?>(tag, value)
            ));

    private sealed record Stock(
        IReadOnlyDictionary<string, long> Locations,
        IReadOnlyDictionary<string, long> DeadLetters
    );
}
