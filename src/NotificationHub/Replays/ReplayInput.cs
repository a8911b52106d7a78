using System.ComponentModel;
using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Replays;

/// <summary>A replay to start, as received by a command or over HTTP.</summary>
internal sealed record ReplayInput
{
    public const int DefaultRate = 50;

    [Description("The topic whose events are sent again.")]
    public string? Topic { get; init; }

    [Description("The only subscription that receives them; by default all subscriptions of the topic.")]
    public string? Subscription { get; init; }

    [Description("Only events with a higher seq. Specify either after or since.")]
    public long? After { get; init; }

    [Description("Only events from this time on.")]
    public DateTimeOffset? Since { get; init; }

    [Description("Only events up to this time; by default up to the last published event.")]
    public DateTimeOffset? Until { get; init; }

    [Description("Only events of this type, such as asset.changed.")]
    public string? Type { get; init; }

    [Description("Only events of the location with this ID.")]
    public string? Location { get; init; }

    [Description("The maximum number of events per second, 1 to 1000; 50 by default.")]
    public int? Rate { get; init; }

    [Description("Whether to count the events only.")]
    public bool DryRun { get; init; }

    /// <summary>The name of the event type, which may be given as in the event.</summary>
    public string? GetTypeName() => Type is null ? null : EventTypes.NameOf(Type) ?? Type;
}

internal sealed class ReplayInputValidator : AbstractValidator<ReplayInput>
{
    public const int MaxRate = 1000;

    private const int MaxLocationLength = 32;

    public ReplayInputValidator()
    {
        RuleFor(input => input.Topic)
            .Must(topic => topic is not null && TopicMap.Topics.Contains(topic, StringComparer.Ordinal))
            .WithMessage($"must be one of {string.Join(", ", TopicMap.Topics)}");
        RuleFor(input => input.Subscription)
            .Must((input, name) => DeclaredSubscriptions.NamesOf(input.Topic!).Contains(name, StringComparer.Ordinal))
            .When(input => input.Subscription is not null && IsTopic(input.Topic))
            .WithMessage(input =>
                $"topics.json declares no such subscription of the topic {input.Topic}; it declares "
                + string.Join(", ", DeclaredSubscriptions.NamesOf(input.Topic!))
            );
        RuleFor(input => input.After)
            .Must((input, after) => after is null != input.Since is null)
            .WithMessage("specify exactly one of after and since");
        RuleFor(input => input.After).GreaterThanOrEqualTo(0).WithMessage("must be 0 or more");
        RuleFor(input => input.Until)
            .Must((input, until) => until > input.Since)
            .When(input => input.Until is not null && input.Since is not null)
            .WithMessage("must be later than since");
        RuleFor(input => input.Type)
            .Must((input, _) => IsEventOf(input.GetTypeName()!, input.Topic!))
            .When(input => input.Type is not null && IsTopic(input.Topic))
            .WithMessage(input => $"must be an event type of the topic {input.Topic}");
        RuleFor(input => input.Location)
            .Must(location => location is null or { Length: > 0 and <= MaxLocationLength })
            .WithMessage("must be the ID of a location");
        RuleFor(input => input.Rate)
            .InclusiveBetween(1, MaxRate)
            .WithMessage($"must be a whole number from 1 to {MaxRate}");
    }

    private static bool IsTopic(string? topic) =>
        topic is not null && TopicMap.Topics.Contains(topic, StringComparer.Ordinal);

    private static bool IsEventOf(string type, string topic) =>
        TopicMap.Knows(type) && TopicMap.TopicOf(type).Equals(topic, StringComparison.Ordinal);
}
