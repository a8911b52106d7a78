using FluentValidation;

namespace NotificationHub.Retention;

/// <summary>How long what only grows is kept.</summary>
internal sealed class RetentionOptions
{
    public const string Section = "Retention";

    /// <summary>How long an event can be read, replayed and fetched; none goes before every topic has sent it.</summary>
    public TimeSpan Events { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How long a post is kept that was routed; none goes before the event that tells of it. A repeat of one that is gone counts as new.</summary>
    public TimeSpan Notifications { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long a post is kept that awaits a person: rejected, quarantined or unrecognized.</summary>
    public TimeSpan UnroutedNotifications { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long a dead letter is kept after it was settled; one that is open is kept, with its event.</summary>
    public TimeSpan DeadLetters { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long the key of a record is kept that is gone at Apple.</summary>
    public TimeSpan RemovedRecords { get; set; } = TimeSpan.FromDays(90);
}

internal sealed class RetentionOptionsValidator : AbstractValidator<RetentionOptions>
{
    private static readonly TimeSpan Shortest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    public RetentionOptionsValidator()
    {
        const string Bounds = "must lie between one hour and ten years";
        RuleFor(options => options.Events).InclusiveBetween(Shortest, Longest).WithMessage(Bounds);
        RuleFor(options => options.Notifications)
            .InclusiveBetween(Shortest, Longest)
            .WithMessage(Bounds)
            .GreaterThanOrEqualTo(options => options.Events)
            .WithMessage(options =>
                $"an event's data is its notification, which must be kept for as long: set it to {options.Events:c} or more, or lower Retention:Events"
            );
        RuleFor(options => options.UnroutedNotifications).InclusiveBetween(Shortest, Longest).WithMessage(Bounds);
        RuleFor(options => options.DeadLetters).InclusiveBetween(Shortest, Longest).WithMessage(Bounds);
        // A read that was under way when its record was removed must find that it was.
        RuleFor(options => options.RemovedRecords)
            .InclusiveBetween(TimeSpan.FromDays(1), Longest)
            .WithMessage("must lie between one day and ten years");
    }
}
