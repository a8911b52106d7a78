using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <summary>Measures now and then how many targets wait: to count is to read them all, so there is a bound to both.</summary>
internal sealed class PendingTargetCount(Database database, TimeProvider time)
{
    public const int Most = 100_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private long? measuredAt;

    /// <returns>The count; null where the last one is not old enough.</returns>
    public async Task<long?> CountAsync(CancellationToken cancellationToken)
    {
        if (measuredAt is { } last && time.GetElapsedTime(last) < Interval)
        {
            return null;
        }

        measuredAt = time.GetTimestamp();
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(
            $"""
            select count(*)
            from (select location_id from refetch_target where {connection.IsPending("refetch_target")} order by location_id {connection.Limit(
                "@Most"
            )}) waiting
            """,
            new { Most }
        );
    }
}
