using System.Buffers;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

/// <summary>The result of resending or discarding one dead letter.</summary>
internal sealed record DecisionDocument(long Seq, DeadLetterDecision Result);

/// <summary>Which dead letters to resend or discard, as received by a command or over HTTP.</summary>
internal sealed record DeadLetterSelection
{
    [Description("The seqs of the dead letters. Specify either seqs, topic and type, or all.")]
    public IReadOnlyList<long>? Seqs { get; init; }

    [Description("All open dead letters of this topic.")]
    public string? Topic { get; init; }

    [Description("All open dead letters of this event type, such as asset.changed.")]
    public string? Type { get; init; }

    [Description("All open dead letters.")]
    public bool All { get; init; }

    [Description("Whether to list them only.")]
    public bool DryRun { get; init; }

    [Description("Why they are discarded, for the audit log. Only for discarding, and required there.")]
    public string? Reason { get; init; }

    /// <summary>The selection as the audit log describes it.</summary>
    public override string ToString() =>
        Seqs is { Count: > 0 } ? $"{Seqs.Count} chosen"
        : All ? "all"
        : string.Join(", ", new[] { Topic, Type }.OfType<string>());
}

internal sealed class DeadLetterSelectionValidator : AbstractValidator<DeadLetterSelection>
{
    public const int MaxReasonLength = 200;

    /// <param name="isDiscard">Whether a reason is required.</param>
    /// <param name="ofSubscription">Whether the topic is that of the subscription, and selects nothing.</param>
    public DeadLetterSelectionValidator(bool isDiscard, bool ofSubscription = false)
    {
        RuleFor(selection => selection.Seqs)
            .Must(
                (selection, seqs) =>
                    new[]
                    {
                        seqs is { Count: > 0 },
                        selection.Type is not null || (!ofSubscription && selection.Topic is not null),
                        selection.All,
                    }.Count(given => given) == 1
            )
            .WithMessage("specify either seqs, a topic or type, or all");
        RuleFor(selection => selection.Seqs)
            .Must(seqs => seqs is null || seqs.All(seq => seq >= 0))
            .WithMessage("must not be negative");
        RuleFor(selection => selection.Topic)
            .Must(topic => topic is null || TopicMap.Topics.Contains(topic, StringComparer.Ordinal))
            .WithMessage($"must be one of {string.Join(", ", TopicMap.Topics)}");
        if (isDiscard)
        {
            RuleFor(selection => selection.Reason)
                .Must(reason => !string.IsNullOrWhiteSpace(reason) && reason.Length <= MaxReasonLength)
                .WithMessage($"must say why, in {MaxReasonLength} characters at most; it is stored in the audit log");
        }
    }
}

/// <summary>A dead letter with the event that the topic rejected.</summary>
internal sealed record DeadLetterDetail : DeadLetter
{
    [SetsRequiredMembers]
    public DeadLetterDetail(DeadLetter letter, JsonElement? content)
        : base(letter) => Event = content;

    /// <summary>The event as consumers would receive it; null if it is no longer in the log.</summary>
    public JsonElement? Event { get; }
}

/// <summary>The use cases of the hub's dead letters, for the commands, the admin API and the console.</summary>
internal sealed class DeadLetterService(DeadLetterStore letters, Database database, CloudEventWriter writer)
{
    /// <summary>Finds a dead letter with its event.</summary>
    public async Task<DeadLetterDetail?> FindAsync(long seq, CancellationToken cancellationToken)
    {
        if (await letters.FindAsync(seq, cancellationToken) is not { } letter)
        {
            return null;
        }

        var entry = await database.ReadAsync(connection => EventLog.FindAsync(connection, seq), cancellationToken);
        return new DeadLetterDetail(letter, entry is null ? null : Read(entry));
    }

    /// <param name="selection">A valid selection.</param>
    public async Task<IReadOnlyList<DecisionDocument>> DecideAsync(
        DeadLetterSelection selection,
        bool isDiscard,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        List<DecisionDocument> decisions = [];
        foreach (var seq in await SelectAsync(selection, cancellationToken))
        {
            decisions.Add(
                new DecisionDocument(
                    seq,
                    selection.DryRun ? await PreviewAsync(seq, cancellationToken)
                        : isDiscard ? await letters.DiscardAsync(seq, selection.Reason!, actor, cancellationToken)
                        : await letters.ResendAsync(seq, actor, cancellationToken)
                )
            );
        }

        return decisions;
    }

    private async Task<IReadOnlyList<long>> SelectAsync(
        DeadLetterSelection selection,
        CancellationToken cancellationToken
    )
    {
        if (selection.Seqs is { Count: > 0 } seqs)
        {
            return seqs;
        }

        var type = selection.Type is null ? null : EventTypes.NameOf(selection.Type) ?? selection.Type;
        var open = await letters.ListAsync(
            selection.Topic,
            DeadLetterState.Open,
            after: 0,
            int.MaxValue,
            cancellationToken
        );
        return [.. open.Where(letter => type is null || letter.Type == type).Select(letter => letter.Seq)];
    }

    private async Task<DeadLetterDecision> PreviewAsync(long seq, CancellationToken cancellationToken) =>
        (await letters.FindAsync(seq, cancellationToken))?.State switch
        {
            null => DeadLetterDecision.NotFound,
            DeadLetterState.Open => DeadLetterDecision.DryRun,
            _ => DeadLetterDecision.NotOpen,
        };

    private JsonElement Read(EventEntry entry)
    {
        var json = new ArrayBufferWriter<byte>();
        writer.Write(entry, json);
        return JsonElement.Parse(json.WrittenSpan);
    }
}
