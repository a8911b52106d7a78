using System.Data.Common;
using System.Diagnostics.Metrics;
using Dapper;
using NotificationHub.Hosting.Health.Detail;
using NotificationHub.Locations;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Hosting.Health;

/// <summary>Counts, while somebody listens, what only the database knows; every replica counts the same.</summary>
internal sealed partial class StockWatch : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly Database database;
    private readonly TimeProvider time;
    private readonly ILogger<StockWatch> logger;
    private readonly Meter meter = new("NotificationHub");
    private readonly Instrument[] instruments;
    private volatile Stock? latest;

    public StockWatch(Database database, TimeProvider time, ILogger<StockWatch> logger)
    {
        this.database = database;
        this.time = time;
        this.logger = logger;
        instruments =
        [
            meter.CreateObservableGauge(
                "notificationhub.locations",
                () =>
                    Observe("state", Enum.GetValues<LocationState>().Select(state => state.Word()), latest?.Locations),
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

    /// <summary>Counts.</summary>
    public async Task TakeStockAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        latest = new Stock(await TroubledLocation.CountAsync(connection), await CountDeadLettersAsync(connection));
    }

    public override void Dispose()
    {
        meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                if (instruments.Any(instrument => instrument.Enabled))
                {
                    await TakeStockAsync(stoppingToken);
                }
            }
#pragma warning disable CA1031 // Whatever it was, it is counted again; that the database cannot be read is told elsewhere.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.NotCounted(logger, exception);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

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

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Locations and dead letters cannot be counted now.")]
        public static partial void NotCounted(ILogger logger, Exception exception);
    }
}
