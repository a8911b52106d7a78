using NotificationHub.Publishing;

namespace NotificationHub.Admin;

/// <summary>A dead letter as commands print it.</summary>
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
    public static DeadLetterDocument Of(DeadLetter letter) =>
        new(
            letter.Seq,
            letter.Topic,
            letter.Type,
            letter.LocationId,
            letter.State,
            letter.Reason,
            DateTimeOffset.FromUnixTimeMilliseconds(letter.RejectedAt),
            letter.ResolvedAt is { } settled ? DateTimeOffset.FromUnixTimeMilliseconds(settled) : null
        );
}

/// <summary>A page of dead letters.</summary>
/// <param name="Next">What to ask on after; null where the page is not full.</param>
internal sealed record DeadLetterPage(IReadOnlyList<DeadLetterDocument> DeadLetters, long? Next)
{
    public static DeadLetterPage Of(IReadOnlyList<DeadLetter> letters, int limit) =>
        new([.. letters.Select(DeadLetterDocument.Of)], letters.Count == limit ? letters[^1].Seq : null);
}

/// <summary>What became of a decision about one dead letter.</summary>
internal sealed record DecisionDocument(long Seq, DeadLetterDecision Result);
