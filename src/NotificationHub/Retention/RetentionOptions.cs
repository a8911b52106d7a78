using FluentValidation;

namespace NotificationHub.Retention;

internal sealed class RetentionOptions
{
    public const string Section = "Retention";

    /// <summary>How long events are stored. None is deleted before its topic has sent it.</summary>
    public TimeSpan Events { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How long routed notifications are stored. None is deleted before the events that refer to it.</summary>
    public TimeSpan Notifications { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long rejected, quarantined and unrecognized notifications are stored.</summary>
    public TimeSpan UnroutedNotifications { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long dead letters are stored after they were resolved. An open one stays, with its event.</summary>
    public TimeSpan DeadLetters { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long the key of a record is stored after Apple deleted the record.</summary>
    public TimeSpan RemovedRecords { get; set; } = TimeSpan.FromDays(90);
}

internal sealed class RetentionOptionsValidator : AbstractValidator<RetentionOptions>
{
    private static readonly TimeSpan Min = TimeSpan.FromHours(1);
    private static readonly TimeSpan Max = TimeSpan.FromDays(3650);

    public RetentionOptionsValidator()
    {
        const string Bounds = "must be between 1 hour and 10 years";
        RuleFor(options => options.Events).InclusiveBetween(Min, Max).WithMessage(Bounds);
        RuleFor(options => options.Notifications)
            .InclusiveBetween(Min, Max)
            .WithMessage(Bounds)
            .GreaterThanOrEqualTo(options => options.Events)
            .WithMessage(options =>
                $"must be at least Retention:Events, because events refer to their notifications: set it to {options.Events:c} or more, or lower Retention:Events"
            );
        RuleFor(options => options.UnroutedNotifications).InclusiveBetween(Min, Max).WithMessage(Bounds);
        RuleFor(options => options.DeadLetters).InclusiveBetween(Min, Max).WithMessage(Bounds);
        // A read that started before the removal must find the key.
        RuleFor(options => options.RemovedRecords)
            .InclusiveBetween(TimeSpan.FromDays(1), Max)
            .WithMessage("must be between 1 day and 10 years");
    }
}
