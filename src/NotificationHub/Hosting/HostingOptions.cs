using FluentValidation;

namespace NotificationHub.Hosting;

internal sealed class HostingOptions
{
    public const string Section = "Hosting";

    /// <summary>
    /// How long the hub still accepts deliveries after SIGTERM while <c>/health/ready</c> returns 503, so that the load balancer can use
    /// another replica. Null: five seconds, and none in Development.
    /// </summary>
    public TimeSpan? DrainDelay { get; set; }
}

internal sealed class HostingOptionsValidator : AbstractValidator<HostingOptions>
{
    public HostingOptionsValidator() =>
        RuleFor(options => options.DrainDelay)
            .InclusiveBetween(TimeSpan.Zero, TimeSpan.FromMinutes(5))
            .WithMessage("must be between 0 and 5 minutes");
}
