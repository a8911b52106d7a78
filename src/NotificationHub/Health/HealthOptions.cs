using FluentValidation;

namespace NotificationHub.Health;

/// <summary>When something counts as wrong.</summary>
internal sealed class HealthOptions
{
    public const string Section = "Health";

    /// <summary>How long a stage or a topic for which work waits may not move before it is said to stand still.</summary>
    public TimeSpan StallThreshold { get; set; } = TimeSpan.FromMinutes(5);
}

internal sealed class HealthOptionsValidator : AbstractValidator<HealthOptions>
{
    public HealthOptionsValidator() =>
        RuleFor(options => options.StallThreshold)
            .InclusiveBetween(TimeSpan.FromSeconds(30), TimeSpan.FromDays(1))
            .WithMessage("must lie between 30 seconds and one day");
}
