using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.OperationTracking;

/// <summary>Takes out operations that ended long ago, and those that were not heard of for as long and will not end.</summary>
internal sealed class OperationPruning(Database database, IOptions<OperationsOptions> options, TrustedClock clock)
{
    private const int PageRows = 100;

    /// <summary>Links that one transaction takes out, to keep it short.</summary>
    private const int LinksAtOnce = 500;

    /// <summary>A deferred operation may be silent for a billing period of a year.</summary>
    private static readonly TimeSpan LongestDeferral = TimeSpan.FromDays(400);

    private const string IsOld = """
        (
            closed_at is not null and closed_at <= @Before
                or closed_at is null and deferred = 0 and coalesce(last_notification_at, started_at) <= @Before
                or closed_at is null and deferred <> 0 and coalesce(last_notification_at, started_at) <= @BeforeDeferred
        )
        """;

    private const string Redate = """
        update operation
        set closed_at = case when closed_at > @Future then @Now else closed_at end,
            last_notification_at = case when last_notification_at > @Future then @Now else last_notification_at end,
            started_at = case when started_at > @Future then @Now else started_at end
        where event_id = @EventId and location_id = @LocationId
        """;

    /// <returns>How many operations were taken out.</returns>
    public async Task<int> PruneAsync(Lease lease, CancellationToken cancellationToken)
    {
        var now = await clock.ReadAsync(cancellationToken);
        await RedateAsync(now, lease, cancellationToken);
        var age = new Age(
            now.Now - (long)options.Value.KeepFor.TotalMilliseconds,
            now.Now - (long)(LongestDeferral + options.Value.KeepFor).TotalMilliseconds
        );
        var pruned = 0;
        while (await ReadPageAsync(age, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var operation in page)
            {
                pruned += await RemoveAsync(operation, age, lease, cancellationToken) ? 1 : 0;
            }
        }

        return pruned;
    }

    /// <summary>Resets times in the future, from a clock that was ahead, to the present; otherwise these operations would be deleted too late.</summary>
    private async Task RedateAsync(TrustedTime now, Lease lease, CancellationToken cancellationToken)
    {
        IReadOnlyList<OperationKey> found;
        do
        {
            await using (var connection = await database.OpenReaderAsync(cancellationToken))
            {
                found = (
                    await connection.QueryAsync<OperationKey>(
                        $"""
                        select event_id EventId, location_id LocationId
                        from operation
                        where closed_at > @Future or last_notification_at > @Future or started_at > @Future
                        order by location_id, event_id
                        {connection.Limit("@PageRows")}
                        """,
                        new { now.Future, PageRows }
                    )
                ).AsList();
            }

            if (found.Count == 0)
            {
                return;
            }

            await database.WriteAsync(
                async transaction =>
                {
                    await lease.EnsureAsync(transaction);
                    await transaction.ExecuteAsync(
                        Redate,
                        found.Select(operation => new
                        {
                            operation.EventId,
                            operation.LocationId,
                            now.Now,
                            now.Future,
                        })
                    );
                },
                cancellationToken
            );
        } while (found.Count == PageRows);
    }

    private async Task<IReadOnlyList<OperationKey>> ReadPageAsync(Age age, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var page = await connection.QueryAsync<OperationKey>(
            $"""
            select event_id EventId, location_id LocationId
            from operation
            where {IsOld}
            order by location_id, event_id
            {connection.Limit("@PageRows")}
            """,
            new
            {
                age.Before,
                age.BeforeDeferred,
                PageRows,
            }
        );
        return page.AsList();
    }

    /// <returns>False where it was heard of since it was found.</returns>
    private async Task<bool> RemoveAsync(
        OperationKey operation,
        Age age,
        Lease lease,
        CancellationToken cancellationToken
    )
    {
        int? links = LinksAtOnce;
        while (links == LinksAtOnce)
        {
            links = await database.WriteAsync(
                async transaction =>
                {
                    await lease.EnsureAsync(transaction);
                    return await IsOldAsync(transaction, operation, age)
                        ? await RemoveAsync(transaction, operation)
                        : (int?)null;
                },
                cancellationToken
            );
        }

        return links is not null;
    }

    private static async Task<bool> IsOldAsync(WriteTransaction transaction, OperationKey operation, Age age) =>
        await transaction.ScalarAsync<long>(
            $"""
            select count(*)
            from operation{transaction.Connection.ForUpdate}
            where event_id = @EventId and location_id = @LocationId and {IsOld}
            """,
            new
            {
                operation.EventId,
                operation.LocationId,
                age.Before,
                age.BeforeDeferred,
            }
        ) > 0;

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

    /// <summary>From when on operations are kept, and deferred ones.</summary>
    private sealed record Age(long Before, long BeforeDeferred);

    private sealed record OperationKey
    {
        public string EventId { get; init; } = "";

        public string LocationId { get; init; } = "";
    }
}
