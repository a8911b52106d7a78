using FluentValidation;

namespace NotificationHub.Locations;

/// <summary>How locations are registered and watched.</summary>
internal sealed class LocationOptions
{
    public const string Section = "Locations";

    /// <summary>How often each location's Client Config is compared with what is recorded.</summary>
    public TimeSpan VerifyInterval { get; set; } = TimeSpan.FromHours(6);

    /// <summary>The age at which a notification secret is rotated by itself, at the next comparison; null for never.</summary>
    public TimeSpan? SecretRotationInterval { get; set; }

    /// <summary>After how long a silence of a busy location is told of; null for never.</summary>
    public TimeSpan? SilenceThreshold { get; set; } = TimeSpan.FromDays(3);

    /// <summary>The same for single locations, by their ids: before <see cref="SilenceThreshold"/>, also where that is empty.</summary>
    public Dictionary<string, TimeSpan> SilenceThresholds { get; } = new(StringComparer.OrdinalIgnoreCase);
}

internal sealed class LocationOptionsValidator : AbstractValidator<LocationOptions>
{
    public LocationOptionsValidator()
    {
        RuleFor(options => options.VerifyInterval)
            .InclusiveBetween(TimeSpan.FromMinutes(1), TimeSpan.FromDays(7))
            .WithMessage("must lie between one minute and seven days");
        RuleFor(options => options.SecretRotationInterval)
            .Must(interval => interval is null || interval >= TimeSpan.FromHours(1))
            .WithMessage("must be at least an hour; leave it out to rotate by hand only");
        RuleFor(options => options.SilenceThreshold)
            .Must(silence => silence is null || silence >= TimeSpan.FromMinutes(10))
            .WithMessage("must be at least ten minutes; leave it empty to be told of no silence");
        RuleFor(options => options.SilenceThresholds)
            .Custom(
                (times, context) =>
                {
                    foreach (var (id, silence) in times)
                    {
                        if (!id.All(char.IsAsciiLetterOrDigit) || silence < TimeSpan.FromMinutes(10))
                        {
                            context.AddFailure(
                                $"{nameof(LocationOptions.SilenceThresholds)}:{id}",
                                "must be named by a location's id of `locations list`, and be at least ten minutes"
                            );
                        }
                    }
                }
            );
    }
}
