using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Operations;

/// <summary>Takes out operations that ended long ago, and those that were not heard of for as long and will not end.</summary>
internal sealed class LedgerPruning(Database database, IOptions<OperationsOptions> options, TimeProvider time)
{
    private const int PageRows = 100;

    /// <summary>Links that one transaction takes out, to keep it short.</summary>
    private const int LinksAtOnce = 500;

    /// <summary>A deferred operation may be silent for a billing period of a year.</summary>
    private static readonly TimeSpan LongestDeferral = TimeSpan.FromDays(400);

    /// <returns>How many operations were taken out.</returns>
    public async Task<int> PruneAsync(Lease lease, CancellationToken cancellationToken)
    {
        var pruned = 0;
        while (await ReadPageAsync(cancellationToken) is { Count: > 0 } page)
        {
            foreach (var operation in page)
            {
                await RemoveAsync(operation, lease, cancellationToken);
            }

            pruned += page.Count;
        }

        return pruned;
    }

    private async Task<IReadOnlyList<OperationKey>> ReadPageAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var page = await connection.QueryAsync<OperationKey>(
            $"""
            select event_id EventId, location_id LocationId
            from operation
            where closed_at is not null and closed_at <= @before
                or closed_at is null and deferred = 0 and coalesce(last_heard_at, started_at) <= @before
                or closed_at is null and deferred <> 0 and coalesce(last_heard_at, started_at) <= @beforeDeferred
            order by location_id, event_id
            {connection.Limit("@PageRows")}
            """,
            new
            {
                before = (now - options.Value.KeepFor).ToUnixTimeMilliseconds(),
                beforeDeferred = (now - LongestDeferral - options.Value.KeepFor).ToUnixTimeMilliseconds(),
                PageRows,
            }
        );
        return page.AsList();
    }

    private async Task RemoveAsync(OperationKey operation, Lease lease, CancellationToken cancellationToken)
    {
        var links = LinksAtOnce;
        while (links == LinksAtOnce)
        {
            links = await database.WriteAsync(
                async transaction =>
                {
                    await lease.DemandAsync(transaction);
                    return await RemoveAsync(transaction, operation);
                },
                cancellationToken
            );
        }
    }

    /// <returns>How many links went; the operation itself goes with the last of them.</returns>
    private static async Task<int> RemoveAsync(WriteTransaction transaction, OperationKey operation)
    {
        var links = await transaction.ExecuteAsync(
            $"""
            delete from operation_notification
            where event_id = @EventId and location_id = @LocationId
                and seq in
                (
                    select seq
                    from operation_notification
                    where event_id = @EventId and location_id = @LocationId
                    order by seq
                    {transaction.Connection.Limit("@LinksAtOnce")}
                )
            """,
            new
            {
                operation.EventId,
                operation.LocationId,
                LinksAtOnce,
            }
        );
        if (links < LinksAtOnce)
        {
            await transaction.ExecuteAsync(
                "delete from operation where event_id = @EventId and location_id = @LocationId",
                operation
            );
        }

        return links;
    }

    private sealed record OperationKey
    {
        public string EventId { get; init; } = "";

        public string LocationId { get; init; } = "";
    }
}
