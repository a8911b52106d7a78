using Microsoft.AspNetCore.Components;
using NotificationHub.Hosting;
using NotificationHub.Publishing;

namespace NotificationHub.WebConsole;

/// <summary>A list of dead letters from which users choose what to resend or discard.</summary>
public abstract class DeadLetterQueuePage : ConsolePage
{
    /// <summary>The value of the button that discards; the other one resends.</summary>
    public const string Discard = "discard";

    private readonly bool ofSubscription;

    private protected DeadLetterQueuePage(bool ofSubscription) => this.ofSubscription = ofSubscription;

    [SupplyParameterFromForm]
    public string? Decision { get; set; }

    [SupplyParameterFromForm]
    public long[]? Seqs { get; set; }

    [SupplyParameterFromForm]
    public bool All { get; set; }

    [SupplyParameterFromForm]
    public string? Reason { get; set; }

    /// <summary>The errors of the form, by field.</summary>
    protected IReadOnlyDictionary<string, string[]> Errors { get; private set; } = new Dictionary<string, string[]>();

    /// <summary>What the form has done.</summary>
    protected string? Result { get; private set; }

    /// <summary>What <see cref="All"/> selects; null for all dead letters.</summary>
    protected virtual string? AllOfTopic => null;

    private protected abstract Task<IReadOnlyList<DecisionDocument>> DecideAsync(
        DeadLetterSelection selection,
        bool isDiscard
    );

    protected bool IsChosen(long seq) => Errors.Count > 0 && Seqs?.Contains(seq) == true;

    protected async Task SubmitAsync()
    {
        var isDiscard = Decision == Discard;
        var selection = new DeadLetterSelection
        {
            Seqs = Seqs,
            Topic = All ? AllOfTopic : null,
            All = All && AllOfTopic is null,
            Reason = isDiscard ? Reason : null,
        };
        Errors = new DeadLetterSelectionValidator(isDiscard, ofSubscription).ErrorsOf(selection);
        if (Errors.Count > 0)
        {
            return;
        }

        try
        {
            Result = Describe(await DecideAsync(selection, isDiscard), isDiscard);
            (All, Reason) = (false, null);
        }
        finally
        {
            // An error can come after a part was done.
            await LoadAsync();
        }
    }

    private string Describe(IReadOnlyList<DecisionDocument> decisions, bool isDiscard)
    {
        var taken = decisions.Count(one => one.Result == DeadLetterDecision.Taken);
        var action =
            isDiscard ? "discarded"
            : ofSubscription ? "resent"
            : "queued for resending";
        var cause = ofSubscription ? "no longer in the queue, or in use" : "already resolved, or about to be sent";
        return taken == decisions.Count
            ? $"{taken} {action}."
            : $"{taken} {action}. {decisions.Count - taken} not changed: {cause}.";
    }
}
