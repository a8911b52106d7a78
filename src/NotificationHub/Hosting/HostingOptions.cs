using FluentValidation;

namespace NotificationHub.Hosting;

/// <summary>How the process comes and goes.</summary>
internal sealed class HostingOptions
{
    public const string Section = "Hosting";

    /// <summary>
    /// How long a hub that is told to stop goes on as before while <c>/health/ready</c> already says 503, so that the load balancer
    /// sends its posts elsewhere. Null: five seconds, and none in Development.
    /// </summary>
    public TimeSpan? DrainDelay { get; set; }
}

internal sealed class HostingOptionsValidator : AbstractValidator<HostingOptions>
{
    public HostingOptionsValidator() =>
        RuleFor(options => options.DrainDelay)
            .InclusiveBetween(TimeSpan.Zero, TimeSpan.FromMinutes(5))
            .WithMessage("must lie between zero and five minutes");
}
