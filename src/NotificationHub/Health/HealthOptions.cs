using FluentValidation;

namespace NotificationHub.Health;

internal sealed class HealthOptions
{
    public const string Section = "Health";

    /// <summary>How long a stage with pending work may make no progress before it counts as stalled.</summary>
    public TimeSpan StallThreshold { get; set; } = TimeSpan.FromMinutes(5);
}

internal sealed class HealthOptionsValidator : AbstractValidator<HealthOptions>
{
    public HealthOptionsValidator() =>
        RuleFor(options => options.StallThreshold)
            .InclusiveBetween(TimeSpan.FromSeconds(30), TimeSpan.FromDays(1))
            .WithMessage("must be between 30 seconds and 1 day");
}
