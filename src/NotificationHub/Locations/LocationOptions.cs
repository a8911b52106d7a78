using FluentValidation;

namespace NotificationHub.Locations;

internal sealed class LocationOptions
{
    public const string Section = "Locations";

    /// <summary>How often each location's Client Config is compared with the recorded configuration.</summary>
    public TimeSpan VerifyInterval { get; set; } = TimeSpan.FromHours(6);

    /// <summary>The age at which the hub rotates a notification secret; null to rotate on request only.</summary>
    public TimeSpan? SecretRotationInterval { get; set; }

    /// <summary>The time without a notification after which a busy location is reported as silent; null for never.</summary>
    public TimeSpan? SilenceThreshold { get; set; } = TimeSpan.FromDays(3);

    /// <summary>Thresholds of single locations, by location ID. They take precedence over <see cref="SilenceThreshold"/>.</summary>
    public Dictionary<string, TimeSpan> SilenceThresholds { get; } = new(StringComparer.OrdinalIgnoreCase);
}

internal sealed class LocationOptionsValidator : AbstractValidator<LocationOptions>
{
    private static readonly TimeSpan MinSilence = TimeSpan.FromMinutes(10);

    public LocationOptionsValidator()
    {
        RuleFor(options => options.VerifyInterval)
            .InclusiveBetween(TimeSpan.FromMinutes(1), TimeSpan.FromDays(7))
            .WithMessage("must be between 1 minute and 7 days");
        RuleFor(options => options.SecretRotationInterval)
            .Must(interval => interval is null || interval >= TimeSpan.FromHours(1))
            .WithMessage("must be at least 1 hour, or empty to rotate on request only");
        RuleFor(options => options.SilenceThreshold)
            .Must(silence => silence is null || silence >= MinSilence)
            .WithMessage("must be at least 10 minutes, or empty to disable the check");
        RuleFor(options => options.SilenceThresholds)
            .Custom(
                (thresholds, context) =>
                {
                    foreach (var (id, silence) in thresholds)
                    {
                        if (!id.All(char.IsAsciiLetterOrDigit) || silence < MinSilence)
                        {
                            context.AddFailure(
                                $"{nameof(LocationOptions.SilenceThresholds)}:{id}",
                                "must have a location ID as its name (see `locations list`) and be at least 10 minutes"
                            );
                        }
                    }
                }
            );
    }
}
