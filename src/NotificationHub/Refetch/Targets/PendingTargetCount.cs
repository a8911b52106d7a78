using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

// Counting reads all pending targets, so it is limited in frequency and number.
internal sealed class PendingTargetCount(Database database, TimeProvider time)
{
    public const int MaxCount = 100_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private long? measuredAt;

    /// <returns>Null if the last count is too recent.</returns>
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
                "@MaxCount"
            )}) waiting
            """,
            new { MaxCount }
        );
    }
}
