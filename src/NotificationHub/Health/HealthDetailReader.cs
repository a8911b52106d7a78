using System.Data.Common;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Health;

internal sealed class HealthDetailReader(
    HealthCheckService checks,
    Database database,
    StageStatusReader stages,
    ILocationHealth locations,
    LeaseKeeper leases,
    TimeProvider time
)
{
    private static readonly string Version =
        typeof(HealthDetailReader)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion
        ?? "unknown";

    public async Task<HealthDetail> ReadAsync(CancellationToken cancellationToken)
    {
        var readiness = await checks.CheckHealthAsync(
            check => check.Tags.Contains(HealthSetup.Ready),
            cancellationToken
        );
        var detail = await ReadDatabaseAsync(cancellationToken);
        HealthProblem[] problems =
        [
            .. readiness
                .Entries.Values.Where(entry => entry.Status != HealthStatus.Healthy)
                .Select(entry => new HealthProblem(HealthProblemKind.NotReady, entry.Description ?? "a check failed")),
            .. locations.KeyRingProblem is { } problem
                ? [new HealthProblem(HealthProblemKind.KeyRing, $"key ring: {problem}")]
                : Array.Empty<HealthProblem>(),
            .. HealthReasons.FromTopics(detail.Topics),
            .. HealthReasons.FromStages(detail.Stages),
            .. HealthReasons.FromLocations(detail.Locations, locations.ClosedStates, detail.UnhealthyLocations),
        ];
        return detail with
        {
            Status =
                readiness.Status == HealthStatus.Unhealthy ? HealthStatus.Unhealthy
                : problems.Length > 0 ? HealthStatus.Degraded
                : HealthStatus.Healthy,
            Reasons = [.. problems.Select(problem => problem.Text)],
            Problems = problems,
        };
    }

    private async Task<HealthDetail> ReadDatabaseAsync(CancellationToken cancellationToken)
    {
        var detail = new HealthDetail(
            Status: HealthStatus.Healthy,
            Reasons: [],
            Version: Version,
            Replica: leases.Owner,
            At: time.GetUtcNow(),
            Stages: [],
            Topics: [],
            Locations: new Dictionary<string, long>(StringComparer.Ordinal),
            UnhealthyLocations: [],
            WalPages: database.WalPages
        );
        try
        {
            var statuses = await stages.ReadAsync(cancellationToken);
            await using var connection = await database.OpenReaderAsync(cancellationToken);
            var live = await StageLeases.ReadAsync(database, connection, leases.Owner);
            statuses = [.. statuses.Select(stage => stage with { Holder = live.FindHolder(stage.Leases) })];
            return detail with
            {
                Stages = [.. statuses.Where(stage => stage is not TopicStageStatus)],
                Topics = [.. statuses.OfType<TopicStageStatus>()],
                Locations = await locations.CountAsync(connection),
                UnhealthyLocations = await locations.ListAsync(connection),
            };
        }
        catch (Exception exception) when (exception is DbException or StorageUnavailableException)
        {
            // The readiness check reports the error.
            return detail;
        }
    }
}

internal static class HealthReasons
{
    public static IEnumerable<HealthProblem> FromStages(IEnumerable<StageStatus> stages)
    {
        foreach (var stage in stages)
        {
            if (stage.StalledSince is { } since)
            {
                yield return new HealthProblem(
                    HealthProblemKind.StageStalled,
                    $"{stage.Stage} has been stalled since {Format(since)}: {stage.Backlog} pending{Because(stage.Error)}"
                );
            }
            else if (stage.Retrying > 0)
            {
                yield return new HealthProblem(
                    HealthProblemKind.WorkFails,
                    $"{stage.Stage}: {stage.Retrying} failed and will be retried{Because(stage.Error)}"
                );
            }
        }
    }

    public static IEnumerable<HealthProblem> FromTopics(IEnumerable<TopicStageStatus> topics)
    {
        foreach (var topic in topics)
        {
            if (topic.State is TopicState.Stopped or TopicState.Waiting)
            {
                // Each new lease owner restarts the state's time, but the stall time comes from the database.
                var since = topic.StalledSince < topic.Since ? topic.StalledSince : topic.Since;
                yield return new HealthProblem(
                    HealthProblemKind.TopicStopped,
                    $"topic {topic.Topic} has been stopped since {Format(since)}: {topic.Backlog} pending{Because(topic.Reason)}"
                );
            }
            else if (topic.StalledSince is not null)
            {
                yield return new HealthProblem(
                    HealthProblemKind.TopicStopped,
                    $"topic {topic.Topic} has been stalled since {Format(topic.StalledSince)}: {topic.Backlog} pending"
                );
            }
        }
    }

    // A content token that expires within days needs no attention yet: events announce it.
    public static IEnumerable<HealthProblem> FromLocations(
        IReadOnlyDictionary<string, long> counts,
        IReadOnlyList<string> closedStates,
        IEnumerable<UnhealthyLocation> locations
    )
    {
        foreach (var state in closedStates.Where(counts.ContainsKey))
        {
            yield return new HealthProblem(HealthProblemKind.LocationsClosed, $"locations {state}: {counts[state]}");
        }

        foreach (var location in locations.Where(location => location.State == "valid"))
        {
            yield return new HealthProblem(
                HealthProblemKind.LocationDiffers,
                $"location {location.Location}: {location.Reason}"
            );
        }
    }

    private static string Because(string? error) => error is null ? "" : $": {error}";

    private static string Format(DateTimeOffset? time) =>
        time?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "the start";
}
