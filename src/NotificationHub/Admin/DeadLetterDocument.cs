using NotificationHub.Publishing;

namespace NotificationHub.Admin;

internal sealed record DeadLetterDocument(
    long Seq,
    string Topic,
    string? Type,
    string? Location,
    string State,
    string Reason,
    DateTimeOffset RejectedAt,
    DateTimeOffset? ResolvedAt
)
{
    public static DeadLetterDocument From(DeadLetter letter) =>
        new(
            letter.Seq,
            letter.Topic,
            letter.Type,
            letter.LocationId,
            letter.State,
            letter.Reason,
            letter.RejectedAt,
            letter.ResolvedAt
        );

    /// <param name="after">The seq before the first dead letter.</param>
    public static async Task<Page<DeadLetterDocument>> ListAsync(
        DeadLetterStore letters,
        string? topic,
        string? state,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var rows = await letters.ListAsync(topic, state, after, limit, cancellationToken);
        return Page.Create([.. rows.Select(From)], limit, letter => letter.Seq);
    }
}

/// <summary>The result of resending or discarding one dead letter.</summary>
internal sealed record DecisionDocument(long Seq, DeadLetterDecision Result);
