using System.Data.Common;
using System.Reflection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Publishing;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Health;

/// <summary>Gathers what operators want to know of a hub, also of one whose database cannot be read.</summary>
internal sealed class HealthExamination(
    HealthCheckService checks,
    Database database,
    StageReader reader,
    StallDetector standstills,
    TopicStatuses statuses,
    LeaseKeeper leases,
    HubKeyRing keys,
    TimeProvider time
)
{
    private static readonly string Version =
        typeof(HealthExamination)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion
        ?? "unknown";

    public async Task<HealthDetail> RunAsync(CancellationToken cancellationToken)
    {
        var readiness = await checks.CheckHealthAsync(
            check => check.Tags.Contains(HealthSetup.Ready),
            cancellationToken
        );
        IEnumerable<string> faults = readiness
            .Entries.Values.Where(entry => entry.Status != HealthStatus.Healthy)
            .Select(entry => entry.Description ?? "a check failed");
        var found = await FindAsync(cancellationToken);
        string[] reasons =
        [
            .. faults,
            .. keys.Problem is { } problem ? [$"key ring: {problem}"] : Array.Empty<string>(),
            .. HealthReasons.Of(found.Topics),
            .. HealthReasons.Of(found.Stages),
            .. HealthReasons.Of(found.Locations, found.UnhealthyLocations),
        ];
        return found with
        {
            Status =
                readiness.Status == HealthStatus.Unhealthy ? HealthStatus.Unhealthy
                : reasons.Length > 0 ? HealthStatus.Degraded
                : HealthStatus.Healthy,
            Reasons = reasons,
        };
    }

    private async Task<HealthDetail> FindAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var nothing = new HealthDetail
        {
            Status = HealthStatus.Healthy,
            Reasons = [],
            Version = Version,
            Replica = leases.Owner,
            At = now,
            Stages = [],
            Topics = [],
            Locations = new Dictionary<string, long>(StringComparer.Ordinal),
            UnhealthyLocations = [],
            WalPages = database.WalPages,
        };
        try
        {
            return await ReadAsync(nothing, now, cancellationToken);
        }
        catch (Exception exception) when (exception is DbException or StorageUnavailableException)
        {
            // That it cannot be read is a fault of its readiness.
            return nothing;
        }
    }

    private async Task<HealthDetail> ReadAsync(
        HealthDetail detail,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var judged = standstills.Judge(await reader.ReadAsync(cancellationToken));
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var holders = await StageHolders.ReadAsync(database, connection, leases.Owner);
        var topics = statuses.All.ToDictionary(status => TopicLog.GetName(status.Topic), StringComparer.Ordinal);
        return detail with
        {
            Stages =
            [
                .. judged
                    .Where(stage => !topics.ContainsKey(stage.Reading.Stage))
                    .Select(stage => StageDetail.Of(stage, holders.Of(stage.Reading.Stage), now)),
            ],
            Topics =
            [
                .. judged
                    .Where(stage => topics.ContainsKey(stage.Reading.Stage))
                    .Select(stage =>
                        TopicDetail.Of(topics[stage.Reading.Stage], stage, holders.Of(stage.Reading.Stage), now)
                    ),
            ],
            Locations = await UnhealthyLocation.CountAsync(connection),
            UnhealthyLocations = await UnhealthyLocation.ListAsync(connection),
        };
    }
}
