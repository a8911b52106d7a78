using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.OperationTracking;

/// <summary>Deletes operations that ended long ago, and open ones without a notification for as long.</summary>
internal sealed class OperationPruning(
    Database database,
    IOptions<OperationTrackingOptions> options,
    TrustedClock clock
)
{
    private const int PageRows = 100;

    // Limited, to keep the transaction short.
    private const int LinksPerTransaction = 500;

    // A deferred operation may have no notification for a billing period of a year.
    private static readonly TimeSpan MaxDeferral = TimeSpan.FromDays(400);

    private const string IsOld = """
        (
            closed_at is not null and closed_at <= @Before
                or closed_at is null and deferred = 0 and coalesce(last_notification_at, started_at) <= @Before
                or closed_at is null and deferred <> 0 and coalesce(last_notification_at, started_at) <= @BeforeDeferred
        )
        """;

    private const string ResetFutureTimes = """
        update operation
        set closed_at = case when closed_at > @Future then @Now else closed_at end,
            last_notification_at = case when last_notification_at > @Future then @Now else last_notification_at end,
            started_at = case when started_at > @Future then @Now else started_at end
        where event_id = @EventId and location_id = @LocationId
        """;

    public async Task<int> PruneAsync(Lease lease, CancellationToken cancellationToken)
    {
        var now = await clock.ReadAsync(cancellationToken);
        await ResetFutureTimesAsync(now, lease, cancellationToken);
        var age = new Age(now.Now - options.Value.KeepFor, now.Now - (MaxDeferral + options.Value.KeepFor));
        var pruned = 0;
        while (await ReadPageAsync(age, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var operation in page)
            {
                pruned += await DeleteAsync(operation, age, lease, cancellationToken) ? 1 : 0;
            }
        }

        return pruned;
    }

    // Resets times in the future, from a clock that was ahead; otherwise these operations would be deleted too late.
    private async Task ResetFutureTimesAsync(TrustedTime now, Lease lease, CancellationToken cancellationToken)
    {
        IReadOnlyList<OperationKey> found;
        do
        {
            found = await database.ReadAsync(
                connection =>
                    connection.ListAsync<OperationKey>(
                        $"""
                        select event_id EventId, location_id LocationId
                        from operation
                        where closed_at > @Future or last_notification_at > @Future or started_at > @Future
                        order by location_id, event_id
                        {connection.Limit(PageRows)}
                        """,
                        new { now.Future }
                    ),
                cancellationToken
            );
            if (found.Count == 0)
            {
                return;
            }

            await database.WriteAsync(
                lease,
                async transaction =>
                {
                    foreach (var operation in found)
                    {
                        await transaction.ExecuteAsync(ResetFutureTimes, operation, now);
                    }
                },
                cancellationToken
            );
        } while (found.Count == PageRows);
    }

    private Task<IReadOnlyList<OperationKey>> ReadPageAsync(Age age, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.ListAsync<OperationKey>(
                    $"""
                    select event_id EventId, location_id LocationId
                    from operation
                    where {IsOld}
                    order by location_id, event_id
                    {connection.Limit(PageRows)}
                    """,
                    age
                ),
            cancellationToken
        );

    /// <returns>Whether the operation is still old, and was deleted.</returns>
    private async Task<bool> DeleteAsync(
        OperationKey operation,
        Age age,
        Lease lease,
        CancellationToken cancellationToken
    )
    {
        int? links = LinksPerTransaction;
        while (links == LinksPerTransaction)
        {
            links = await database.WriteAsync(
                lease,
                async transaction =>
                    await IsOldAsync(transaction, operation, age)
                        ? await DeleteAsync(transaction, operation)
                        : (int?)null,
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

    /// <returns>The number of deleted links; the operation is deleted with the last ones.</returns>
    private static async Task<int> DeleteAsync(WriteTransaction transaction, OperationKey operation)
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
                    {transaction.Connection.Limit(LinksPerTransaction)}
                )
            """,
            operation
        );
        if (links < LinksPerTransaction)
        {
            await transaction.ExecuteAsync(
                "delete from operation where event_id = @EventId and location_id = @LocationId",
                operation
            );
        }

        return links;
    }

    private sealed record Age(DateTimeOffset Before, DateTimeOffset BeforeDeferred);

    private sealed record OperationKey(string EventId, string LocationId);
}
