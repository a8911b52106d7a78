using Dapper;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Relay;

/// <summary>
/// Reads a page of the notification log, and commits a delivery for each notification and relay target of its location, together with
/// the cursor. The cursor exists only while there are targets, so a hub without targets does nothing.
/// </summary>
internal sealed class RelayFanOut(Database database)
{
    /// <summary>The name of the stage, its cursor and its lease.</summary>
    public const string Name = "relay";

    public const int PageRows = 1_000;

    private readonly LogCursor cursor = new(Name);

    /// <returns>The number of notifications that were read.</returns>
    public async Task<int> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var (position, _) = await LogCursor.ReadAsync(connection, Name);
        var start = await connection.ExecuteScalarAsync<long?>(
            "select min(from_seq) from relay_target where state <> 'removed'"
        );
        if (start is null)
        {
            if (position is not null)
            {
                await DeleteCursorAsync(lease, cancellationToken);
            }

            return 0;
        }

        var from = position ?? start.Value;
        var (to, rows) = await connection.ReadPageEndAsync(from, PageRows);
        if (rows > 0 || position is null)
        {
            await CommitAsync(lease, position ?? 0, from, to ?? from, cancellationToken);
        }

        return rows;
    }

    // A target that was added in the meantime creates the cursor again, at its own start.
    private Task DeleteCursorAsync(Lease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            lease,
            transaction =>
                transaction.ExecuteAsync(
                    """
                    delete from log_cursor
                    where name = @Name and not exists (select 1 from relay_target where state <> 'removed')
                    """,
                    new { Name }
                ),
            cancellationToken
        );

    // The transaction begins after the page was read, so it sees each target that was committed before a notification of the page.
    private Task CommitAsync(Lease lease, long position, long from, long to, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async transaction =>
            {
                var now = await lease.EnsureAsync(transaction);
                await transaction.ExecuteAsync(
                    """
                    insert into relay_delivery (target_id, seq, state, pending_since, attempts)
                    select t.target_id, n.seq, 'pending', n.received_at, 0
                    from notification_log n
                    join relay_target t on t.location_id = n.location_id and t.state <> 'removed' and t.from_seq < n.seq
                    where n.seq > @from and n.seq <= @to
                        and not exists (select 1 from relay_delivery d where d.target_id = t.target_id and d.seq = n.seq)
                    """,
                    new { from, to }
                );
                await cursor.MoveAsync(transaction, position, to, now);
            },
            cancellationToken
        );
}
