using FluentValidation;

namespace NotificationHub.Refetch;

internal sealed class RefetchOptions
{
    public const string Section = "Refetch";

    /// <summary>The time without another request after which a target is read.</summary>
    public TimeSpan QuietPeriod { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest wait before the first read of a target that is requested again and again.</summary>
    public TimeSpan InitialMaxWait { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The longest wait of a target that stays busy.</summary>
    public TimeSpan LongestMaxWait { get; set; } = TimeSpan.FromMinutes(4);

    /// <summary>The delay before the second read after a stale read or a mass removal.</summary>
    public TimeSpan StaleReadDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The hub's share of the 15 requests per second that Apple allows for a location.</summary>
    public double RequestsPerSecond { get; set; } = 5;

    /// <summary>The number of locations that are read at the same time.</summary>
    public int ParallelLocations { get; set; } = 16;

    /// <summary>The attempts of a rejected read before <c>refetch.failed</c>.</summary>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>A read that would remove a larger share of the known records (25 at least) must be confirmed by a second read.</summary>
    public double MaxRemovalShare { get; set; } = 0.2;
}

internal sealed class RefetchOptionsValidator : AbstractValidator<RefetchOptions>
{
    private const double AppleLimit = 15;

    public RefetchOptionsValidator()
    {
        RuleFor(options => options.QuietPeriod)
            .InclusiveBetween(TimeSpan.Zero, TimeSpan.FromMinutes(1))
            .WithMessage("must be between zero and one minute");
        RuleFor(options => options.InitialMaxWait)
            .GreaterThanOrEqualTo(options => options.QuietPeriod)
            .WithMessage("must be at least Refetch:QuietPeriod");
        RuleFor(options => options.LongestMaxWait)
            .GreaterThanOrEqualTo(options => options.InitialMaxWait)
            .WithMessage("must be at least Refetch:InitialMaxWait");
        RuleFor(options => options.StaleReadDelay)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))
            .WithMessage("must be between one second and one hour");
        RuleFor(options => options.RequestsPerSecond)
            .InclusiveBetween(0.1, AppleLimit)
            .WithMessage("must be between 0.1 and 15, Apple's limit for a location");
        RuleFor(options => options.ParallelLocations)
            .InclusiveBetween(1, 1000)
            .WithMessage("must be between 1 and 1000");
        RuleFor(options => options.MaxAttempts).GreaterThan(0).WithMessage("must be positive");
        RuleFor(options => options.MaxRemovalShare)
            .InclusiveBetween(0, 1)
            .WithMessage("must be between 0 and 1; 1 disables the check");
    }
}
