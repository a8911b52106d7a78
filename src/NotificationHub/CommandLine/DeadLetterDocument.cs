using NotificationHub.Publishing;

namespace NotificationHub.CommandLine;

/// <summary>A dead letter as commands print it.</summary>
internal sealed record DeadLetterDocument(
    long Seq,
    string Topic,
    string? Type,
    string? Location,
    string State,
    string Reason,
    DateTimeOffset RefusedAt,
    DateTimeOffset? SettledAt
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
            DateTimeOffset.FromUnixTimeMilliseconds(letter.RefusedAt),
            letter.SettledAt is { } settled ? DateTimeOffset.FromUnixTimeMilliseconds(settled) : null
        );
}

/// <summary>What became of a decision about one dead letter.</summary>
internal sealed record DecisionDocument(long Seq, DeadLetterDecision Result);
