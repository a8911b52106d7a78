using Microsoft.Extensions.Options;
using NotificationHub.Storage;

namespace NotificationHub.Health;

internal sealed class StageStatusReader(
    IEnumerable<IStageStatus> stages,
    StallDetector stalls,
    Database database,
    IOptions<HealthOptions> options,
    TimeProvider time
)
{
    public async Task<IReadOnlyList<StageStatus>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var query = new StageStatusQuery(connection, time.GetUtcNow(), options.Value.StallThreshold);
        List<StageStatus> statuses = [];
        foreach (var stage in stages)
        {
            statuses.AddRange(await stage.ReadAsync(query, cancellationToken));
        }

        return stalls.Evaluate(statuses);
    }
}
