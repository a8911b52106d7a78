using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

/// <summary>The events that were set aside, and what people decide about them.</summary>
internal sealed class DeadLetters(Database database, TimeProvider time)
{
    private const string Select = """
        select d.event_seq Seq, d.topic, d.state, d.reason, d.rejected_at RejectedAt, d.resolved_at ResolvedAt, e.type,
            e.location_id LocationId
        from dead_letter d
        left join event_log e on e.seq = d.event_seq
        """;

    /// <summary>The dead letters in the order of the log; null means any topic or state.</summary>
    public async Task<IReadOnlyList<DeadLetter>> ListAsync(
        string? topic,
        string? state,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var rows = await connection.QueryAsync<DeadLetter>(
            $"""
            {Select}
            where d.event_seq > @after and (@topic is null or d.topic = @topic) and (@state is null or d.state = @state)
            order by d.event_seq
            {connection.Limit("@limit")}
            """,
            new
            {
                topic,
                state,
                after,
                limit,
            }
        );
        return rows.AsList();
    }

    public async Task<DeadLetter?> FindAsync(long seq, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await connection.QueryFirstOrDefaultAsync<DeadLetter>($"{Select} where d.event_seq = @seq", new { seq });
    }

    /// <summary>Has the event sent once more, with the same id, by whoever publishes its topic.</summary>
    public Task<DeadLetterDecision> ResendAsync(long seq, Actor actor, CancellationToken cancellationToken) =>
        DecideAsync(seq, DeadLetterState.Resend, resolvedAt: null, actor, cancellationToken);

    /// <summary>Settles it unsent.</summary>
    public Task<DeadLetterDecision> DiscardAsync(long seq, Actor actor, CancellationToken cancellationToken) =>
        DecideAsync(
            seq,
            DeadLetterState.Discarded,
            time.GetUtcNow().ToUnixTimeMilliseconds(),
            actor,
            cancellationToken
        );

    private Task<DeadLetterDecision> DecideAsync(
        long seq,
        string state,
        long? resolvedAt,
        Actor actor,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                var decision = await DecideAsync(transaction, seq, state, resolvedAt);
                await AuditLog.RecordAsync(
                    transaction,
                    actor,
                    new AuditedAct(
                        resolvedAt is null ? "dead-letters resend" : "dead-letters discard",
                        await LocationOfAsync(transaction, seq),
                        $"event {seq}"
                    ),
                    decision == DeadLetterDecision.Taken ? AuditOutcome.Succeeded : AuditOutcome.Refused
                );
                return decision;
            },
            cancellationToken
        );

    private static async Task<DeadLetterDecision> DecideAsync(
        WriteTransaction transaction,
        long seq,
        string state,
        long? resolvedAt
    )
    {
        var changed = await transaction.ExecuteAsync(
            "update dead_letter set state = @state, resolved_at = @resolvedAt where event_seq = @seq and state = 'open'",
            new
            {
                seq,
                state,
                resolvedAt,
            }
        );
        if (changed == 1)
        {
            transaction.OnCommit(transaction.Signals.EventsAppended);
            return DeadLetterDecision.Taken;
        }

        var known = await transaction.ScalarAsync<long>(
            "select count(*) from dead_letter where event_seq = @seq",
            new { seq }
        );
        return known == 0 ? DeadLetterDecision.NotFound : DeadLetterDecision.NotOpen;
    }

    private static Task<string?> LocationOfAsync(WriteTransaction transaction, long seq) =>
        transaction.ScalarAsync<string>("select location_id from event_log where seq = @seq", new { seq });
}
