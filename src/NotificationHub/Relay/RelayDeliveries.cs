using System.Data.Common;
using Dapper;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Relay;

/// <summary>The statements over <c>relay_delivery</c>.</summary>
internal static class RelayDeliveries
{
    public const int ChunkRows = 500;

    /// <summary>The oldest notification that the relay needs; null if it needs none.</summary>
    public const string OldestNeeded = """
        select min(needed.seq)
        from
        (
            select position + 1 seq from log_cursor where name = 'relay'
            union all
            select min(from_seq) + 1
            from relay_target
            where state <> 'removed' and not exists (select 1 from log_cursor where name = 'relay')
            union all
            select (select min(d.seq) from relay_delivery d where d.target_id = t.target_id and d.state = 'pending')
            from relay_target t
            where t.state <> 'removed'
        ) needed
        """;

    extension(DbConnection connection)
    {
        /// <summary>The last <c>seq</c> of the page after <paramref name="from"/>, and its number of rows.</summary>
        public Task<(long? To, int Rows)> ReadPageEndAsync(long from, int limit) =>
            connection.QueryFirstAsync<(long?, int)>(
                $"""
                select max(seq), count(*)
                from (select seq from notification_log where seq > @from order by seq {connection.Limit("@limit")}) page
                """,
                new { from, limit }
            );

        public Task<IReadOnlyList<ScheduledTarget>> ListScheduledAsync() =>
            connection.ListAsync<ScheduledTarget>(
                $"""
                select t.target_id TargetId, t.state, t.url, t.secret, t.failure,
                    (
                        select d.pending_since
                        from relay_delivery d
                        where d.target_id = t.target_id and d.state = 'pending'
                        order by d.seq
                        {connection.Limit("1")}
                    ) PendingSince,
                    case
                        when l.location_id is null then 1
                        when l.state = 'removed' and r.location_id is null then 1
                        else 0
                    end IsEnded
                from relay_target t
                left join location l on l.location_id = t.location_id
                left join location_removal r on r.location_id = t.location_id
                """
            );

        public Task<IReadOnlyList<PendingDelivery>> ReadPendingAsync(string targetId, int limit) =>
            connection.ListAsync<PendingDelivery>(
                $"""
                select seq, attempts, failure
                from relay_delivery
                where target_id = @targetId and state = 'pending'
                order by seq
                {connection.Limit("@limit")}
                """,
                new { targetId, limit }
            );

        public Task<IReadOnlyList<SetAsideDelivery>> ListSetAsideAsync(string targetId, long after, int limit) =>
            connection.ListAsync<SetAsideDelivery>(
                $"""
                select d.seq, n.notification_id NotificationId, n.notification_type Type, n.received_at ReceivedAt,
                    d.set_aside_at SetAsideAt, d.attempts, d.failure, d.last_status LastStatus
                from relay_delivery d
                left join notification_log n on n.seq = d.seq
                where d.target_id = @targetId and d.state = 'set-aside' and d.seq > @after
                order by d.seq
                {connection.Limit("@limit")}
                """,
                new
                {
                    targetId,
                    after,
                    limit,
                }
            );
    }

    extension(Database database)
    {
        public Task SaveAsync(Lease lease, RelayBatch batch, DateTimeOffset now) =>
            database.WriteAsync(
                lease,
                async transaction =>
                {
                    await transaction.ExecuteAsync(
                        "delete from relay_delivery where target_id = @TargetId and seq in @seqs",
                        new { batch.TargetId, seqs = batch.Delivered.InList() }
                    );
                    await SaveFailureAsync(transaction, batch, now);
                    await SaveTargetAsync(transaction, batch, now);
                },
                // A shutdown must not discard what the target has accepted.
                CancellationToken.None
            );

        /// <summary>Sets aside the target's first deliveries that are too old.</summary>
        public Task<int> ExpireAsync(
            Lease lease,
            string targetId,
            TimeSpan maxAge,
            DateTimeOffset now,
            CancellationToken cancellationToken
        ) =>
            database.WriteAsync(
                lease,
                async transaction =>
                {
                    var first = await transaction.QueryAsync<(long Seq, DateTimeOffset PendingSince)>(
                        $"""
                        select seq, pending_since
                        from relay_delivery
                        where target_id = @targetId and state = 'pending'
                        order by seq
                        {transaction.Connection.Limit(ChunkRows)}
                        """,
                        new { targetId }
                    );
                    long[] expired =
                    [
                        .. first.TakeWhile(row => row.PendingSince <= now - maxAge).Select(row => row.Seq),
                    ];
                    return await transaction.ExecuteAsync(
                        """
                        update relay_delivery
                        set state = 'set-aside', set_aside_at = @now
                        where target_id = @targetId and seq in @seqs
                        """,
                        new
                        {
                            targetId,
                            now,
                            seqs = expired.InList(),
                        }
                    );
                },
                cancellationToken
            );

        /// <summary>Deletes deliveries of a removed target and, when none is left, the target.</summary>
        public Task DeleteAsync(Lease lease, string targetId, CancellationToken cancellationToken) =>
            database.WriteAsync(
                lease,
                async transaction =>
                {
                    var seqs = await transaction.QueryAsync<long>(
                        $"select seq from relay_delivery where target_id = @targetId order by seq {transaction.Connection.Limit(ChunkRows)}",
                        new { targetId }
                    );
                    await transaction.ExecuteAsync(
                        "delete from relay_delivery where target_id = @targetId and seq in @seqs",
                        new { targetId, seqs = seqs.InList() }
                    );
                    if (seqs.Count < ChunkRows)
                    {
                        await transaction.ExecuteAsync(
                            "delete from relay_target where target_id = @targetId",
                            new { targetId }
                        );
                    }
                },
                cancellationToken
            );
    }

    /// <summary>Makes set-aside deliveries pending again; they are sent before later ones, in the order of the log.</summary>
    public static async Task<int> ResendAsync(
        WriteTransaction transaction,
        string targetId,
        IReadOnlyCollection<long> seqs,
        DateTimeOffset now
    )
    {
        await RelayTargetStore.ClearFailureAsync(transaction, targetId);
        return await transaction.ExecuteAsync(
            """
            update relay_delivery
            set state = 'pending', pending_since = @now, attempts = 0, set_aside_at = null
            where target_id = @targetId and state = 'set-aside' and seq in @seqs
            """,
            new
            {
                targetId,
                seqs = seqs.InList(),
                now,
            }
        );
    }

    private static async Task SaveFailureAsync(WriteTransaction transaction, RelayBatch batch, DateTimeOffset now)
    {
        if (batch.Failed is not null)
        {
            await transaction.ExecuteAsync(
                """
                update relay_delivery
                set attempts = case when failure = @failure then attempts + 1 else 1 end, failure = @failure, last_status = @Status, state = @state, set_aside_at = @setAsideAt
                where target_id = @TargetId and seq = @Failed
                """,
                new
                {
                    batch.TargetId,
                    batch.Failed,
                    failure = batch.Last?.Failure?.ToWireName(),
                    batch.Last?.Status,
                    state = batch.IsSetAside ? "set-aside" : "pending",
                    setAsideAt = batch.IsSetAside ? now : (DateTimeOffset?)null,
                }
            );
        }
    }

    private static async Task SaveTargetAsync(WriteTransaction transaction, RelayBatch batch, DateTimeOffset now)
    {
        if (batch.Last is { } last)
        {
            await transaction.ExecuteAsync(
                """
                update relay_target
                set last_delivered_at = case when @delivered = 1 then @now else last_delivered_at end,
                    failing_since = case when @failure is null then null when @delivered = 1 then @now else coalesce(failing_since, @now) end,
                    failure = @failure, last_status = @Status
                where target_id = @TargetId
                """,
                new
                {
                    batch.TargetId,
                    now,
                    delivered = batch.Delivered.Count > 0,
                    failure = last.Failure?.ToWireName(),
                    last.Status,
                }
            );
        }
    }
}
