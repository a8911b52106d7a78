using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

/// <summary>What a topic's publisher writes about dead letters, within its own transactions.</summary>
internal static class DeadLetterWrites
{
    private const int MaxReasonLength = 500;

    public static Task AddAsync(WriteTransaction transaction, RejectedEvent refused, long now) =>
        transaction.ExecuteAsync(
            """
            insert into dead_letter (event_seq, topic, state, reason, rejected_at, resolved_at)
            values (@Seq, @Topic, @Open, @reason, @now, null)
            """,
            new
            {
                refused.Entry.Seq,
                refused.Entry.Topic,
                DeadLetterState.Open,
                reason = Bounded(refused.Reason),
                now,
            }
        );

    public static Task SettleAsync(WriteTransaction transaction, long seq, long now) =>
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

    /// <summary>Leaves the decision to people again: the second sending was refused, too.</summary>
    public static Task ReopenAsync(WriteTransaction transaction, long seq, string reason, long now) =>
        transaction.ExecuteAsync(
            """
            update dead_letter
            set state = @Open, reason = @reason, rejected_at = @now
            where event_seq = @seq and state = @Resend
            """,
            new
            {
                seq,
                reason = Bounded(reason),
                now,
                DeadLetterState.Open,
                DeadLetterState.Resend,
            }
        );

    /// <summary>The event that says so; none for the topic <c>hub</c>, whose own refusals could go on for ever.</summary>
    public static NewEvent? Announce(RejectedEvent refused, long now) =>
        refused.Entry.Topic == TopicMap.TopicOf(EventNames.EventDeadLettered)
            ? null
            : NewEvent.Create(
                EventNames.EventDeadLettered,
                refused.Entry.LocationId,
                $"events/{CloudEventWriter.IdOf(refused.Entry)}",
                new EventDeadLettered
                {
                    EventId = CloudEventWriter.IdOf(refused.Entry),
                    Seq = refused.Entry.Seq,
                    Topic = refused.Entry.Topic,
                    Type = EventTypes.Of(refused.Entry.Type),
                    Reason = Bounded(refused.Reason),
                },
                EventJsonContext.Wire.EventDeadLettered,
                now
            ) with
            {
                CorrelationId = refused.Entry.CorrelationId,
                Traceparent = refused.Entry.Traceparent,
            };

    private static string Bounded(string reason) =>
        reason.Length <= MaxReasonLength ? reason : reason[..MaxReasonLength];
}

/// <summary>An event that the broker refused when it was sent alone, and what it said.</summary>
internal sealed record RejectedEvent(EventEntry Entry, string Reason);
