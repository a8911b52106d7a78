using FluentValidation;

namespace NotificationHub.Locations.RelayTargets;

internal sealed class RelayOptions
{
    public const string Section = "Relay";

    /// <summary>Whether relay targets may have private, link-local and loopback addresses.</summary>
    public bool AllowPrivateTargets { get; set; }

    /// <summary>How long delivery of a notification is retried before it is set aside.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long a relay target may take to respond.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);
}

internal sealed class RelayOptionsValidator : AbstractValidator<RelayOptions>
{
    public RelayOptionsValidator()
    {
        RuleFor(options => options.MaxAge)
            .InclusiveBetween(TimeSpan.FromMinutes(1), TimeSpan.FromDays(14))
            .WithMessage("must be between 1 minute and 14 days");
        RuleFor(options => options.Timeout)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2))
            .WithMessage("must be between 1 second and 2 minutes");
    }
}
