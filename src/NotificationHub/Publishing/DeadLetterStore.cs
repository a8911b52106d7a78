using Dapper;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

internal static class DeadLetterState
{
    /// <summary>No operator has decided yet.</summary>
    public const string Open = "open";

    /// <summary>An operator requested it; the topic's publisher sends the event in its next pass.</summary>
    public const string Resend = "resend";

    /// <summary>Resolved: the topic has accepted the event.</summary>
    public const string Resent = "resent";

    /// <summary>Resolved: an operator decided not to send the event.</summary>
    public const string Discarded = "discarded";

    public static readonly IReadOnlyCollection<string> All = [Open, Resend, Resent, Discarded];
}

/// <summary>An event that the topic rejects. The event itself stays in the log.</summary>
internal record DeadLetter
{
    public required long Seq { get; init; }

    public required string Topic { get; init; }

    /// <summary>The event's name; null if the event is no longer in the log.</summary>
    public string? Type { get; init; }

    public string? Location { get; init; }

    public required string State { get; init; }

    public required string Reason { get; init; }

    public required DateTimeOffset RejectedAt { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }
}

internal enum DeadLetterDecision
{
    Taken,

    NotFound,

    /// <summary>The dead letter is resolved, or will be sent again.</summary>
    NotOpen,

    /// <summary>A dry run changed nothing.</summary>
    DryRun,
}

/// <summary>An event that the topic rejected when it was sent alone.</summary>
internal sealed record RejectedEvent(EventEntry Entry, string Reason);

internal sealed class DeadLetterStore(Database database, TimeProvider time)
{
    public const string CountOpen =
        $"select topic, count(*) from dead_letter where state = '{DeadLetterState.Open}' group by topic";

    private const int MaxReasonLength = 500;

    private const string Select = """
        select d.event_seq Seq, d.topic, d.state, d.reason, d.rejected_at RejectedAt, d.resolved_at ResolvedAt, e.type,
            e.location_id Location
        from dead_letter d
        left join event_log e on e.seq = d.event_seq
        """;

    /// <summary>Counts the open dead letters of each topic that has any.</summary>
    public Task<IReadOnlyDictionary<string, long>> CountOpenAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyDictionary<string, long>>(
            async connection =>
                (await connection.QueryAsync<(string Topic, long Count)>(CountOpen)).ToDictionary(
                    row => row.Topic,
                    row => row.Count,
                    StringComparer.Ordinal
                ),
            cancellationToken
        );

    /// <summary>Lists dead letters in log order; null means any topic or state.</summary>
    public Task<IReadOnlyList<DeadLetter>> ListAsync(
        string? topic,
        string? state,
        long after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                connection.ListAsync<DeadLetter>(
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
                ),
            cancellationToken
        );

    public Task<DeadLetter?> FindAsync(long seq, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.QueryFirstOrDefaultAsync<DeadLetter>($"{Select} where d.event_seq = @seq", new { seq }),
            cancellationToken
        );

    /// <summary>Requests that the topic's publisher sends the event again, with the same ID.</summary>
    public Task<DeadLetterDecision> ResendAsync(long seq, Actor actor, CancellationToken cancellationToken) =>
        DecideAsync(seq, DeadLetterState.Resend, resolvedAt: null, reason: null, actor, cancellationToken);

    /// <param name="reason">Why, for the audit log.</param>
    public Task<DeadLetterDecision> DiscardAsync(
        long seq,
        string reason,
        Actor actor,
        CancellationToken cancellationToken
    ) => DecideAsync(seq, DeadLetterState.Discarded, time.GetStoredUtcNow(), reason, actor, cancellationToken);

    public static Task AddAsync(WriteTransaction transaction, RejectedEvent rejected, DateTimeOffset now) =>
        transaction.ExecuteAsync(
            """
            insert into dead_letter (event_seq, topic, state, reason, rejected_at, resolved_at)
            values (@Seq, @Topic, @Open, @reason, @now, null)
            """,
            rejected.Entry,
            new
            {
                DeadLetterState.Open,
                reason = Truncate(rejected.Reason),
                now,
            }
        );

    public static Task ResolveAsync(WriteTransaction transaction, long seq, DateTimeOffset now) =>
        transaction.ExecuteAsync(
            "update dead_letter set state = @Resent, resolved_at = @now where event_seq = @seq and state = @Resend",
            new
            {
                seq,
                now,
                DeadLetterState.Resent,
                DeadLetterState.Resend,
            }
        );

    /// <summary>Requires a new decision, because the topic rejected the event again.</summary>
    public static Task ReopenAsync(WriteTransaction transaction, long seq, string reason, DateTimeOffset now) =>
        transaction.ExecuteAsync(
            """
            update dead_letter
            set state = @Open, reason = @reason, rejected_at = @now
            where event_seq = @seq and state = @Resend
            """,
            new
            {
                seq,
                reason = Truncate(reason),
                now,
                DeadLetterState.Open,
                DeadLetterState.Resend,
            }
        );

    // None for the topic hub: a rejected announcement would cause the next one, without end.
    public static NewEvent? CreateEvent(RejectedEvent rejected, DateTimeOffset now) =>
        rejected.Entry.Topic == TopicMap.TopicOf(EventNames.EventDeadLettered)
            ? null
            : NewEvent.Create(
                EventNames.EventDeadLettered,
                rejected.Entry.LocationId,
                $"events/{CloudEventWriter.GetId(rejected.Entry)}",
                new EventDeadLettered
                {
                    EventId = CloudEventWriter.GetId(rejected.Entry),
                    Seq = rejected.Entry.Seq,
                    Topic = rejected.Entry.Topic,
                    Type = EventTypes.Of(rejected.Entry.Type),
                    Reason = Truncate(rejected.Reason),
                },
                EventJsonContext.Wire.EventDeadLettered,
                now
            ) with
            {
                CorrelationId = rejected.Entry.CorrelationId,
                Traceparent = rejected.Entry.Traceparent,
            };

    private Task<DeadLetterDecision> DecideAsync(
        long seq,
        string state,
        DateTimeOffset? resolvedAt,
        string? reason,
        Actor actor,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                var decision = await DecideAsync(transaction, seq, state, resolvedAt);
                var outcome = decision == DeadLetterDecision.Taken ? AuditOutcome.Succeeded : AuditOutcome.Refused;
                var entry = await AuditLog.RecordAsync(
                    transaction,
                    actor,
                    new AuditedAct(
                        resolvedAt is null ? "dead-letters resend" : "dead-letters discard",
                        await FindLocationIdAsync(transaction, seq),
                        $"event {seq}"
                    ),
                    outcome
                );
                if (reason is not null)
                {
                    await AuditLog.CloseAsync(transaction, entry, outcome, detail: reason);
                }

                return decision;
            },
            cancellationToken
        );

    private static async Task<DeadLetterDecision> DecideAsync(
        WriteTransaction transaction,
        long seq,
        string state,
        DateTimeOffset? resolvedAt
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

    private static Task<string?> FindLocationIdAsync(WriteTransaction transaction, long seq) =>
        transaction.ScalarAsync<string>("select location_id from event_log where seq = @seq", new { seq });

    private static string Truncate(string reason) =>
        reason.Length <= MaxReasonLength ? reason : reason[..MaxReasonLength];
}
