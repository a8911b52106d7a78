using System.Diagnostics.Metrics;
using Dapper;
using NotificationHub.Hosting;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Health;

/// <summary>A gauge of rows in the database, by the value of one tag. Every replica reports the same numbers.</summary>
internal sealed record DatabaseGaugeDefinition(
    string Name,
    string Unit,
    string Description,
    string Tag,
    IReadOnlyList<string> Values,
    string Sql
);

internal sealed class DatabaseGauges : PeriodicWorker
{
    private readonly Database database;
    private readonly IReadOnlyList<DatabaseGaugeDefinition> definitions;
    private readonly Instrument[] instruments;
    private volatile Dictionary<string, long>[]? latest;

    public DatabaseGauges(
        Database database,
        IEnumerable<DatabaseGaugeDefinition> definitions,
        IMeterFactory meters,
        TimeProvider time,
        ILogger<DatabaseGauges> logger
    )
        // The health checks report a database that cannot be read.
        : base("count rows for the metrics", TimeSpan.FromSeconds(15), time, logger, runsAtStart: true, LogLevel.Debug)
    {
        this.database = database;
        this.definitions = [.. definitions];
        instruments =
        [
            .. this.definitions.Select(
                (gauge, index) =>
                    meters
                        .CreateHubMeter()
                        .CreateObservableGauge(gauge.Name, () => Observe(gauge, index), gauge.Unit, gauge.Description)
            ),
        ];
    }

    public async Task CountAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        List<Dictionary<string, long>> counts = [];
        foreach (var gauge in definitions)
        {
            var rows = await connection.QueryAsync<(string Value, long Count)>(gauge.Sql);
            counts.Add(rows.ToDictionary(row => row.Value, row => row.Count, StringComparer.Ordinal));
        }

        latest = [.. counts];
    }

    protected override Task RunAsync(CancellationToken cancellationToken) =>
        instruments.Any(instrument => instrument.Enabled) ? CountAsync(cancellationToken) : Task.CompletedTask;

    private IEnumerable<Measurement<long>> Observe(DatabaseGaugeDefinition gauge, int index) =>
        latest is { } counts
            ? gauge.Values.Select(value => new Measurement<long>(
                counts[index].GetValueOrDefault(value),
                KeyValuePair.Create<string, object?>(gauge.Tag, value)
            ))
            : [];
}
