using FluentValidation;

namespace NotificationHub.Refetch;

/// <summary>When and how fast records are read from Apple again.</summary>
internal sealed class RefetchOptions
{
    public const string Section = "Refetch";

    /// <summary>How long nothing more must be heard of a target before it is read.</summary>
    public TimeSpan Quiet { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a target that is asked for again and again waits at most, at first.</summary>
    public TimeSpan InitialMaxWait { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>What the maximum wait grows to while a target stays busy.</summary>
    public TimeSpan LongestMaxWait { get; set; } = TimeSpan.FromMinutes(4);

    /// <summary>When a record is read once more whose read contradicted the notification: reads may lag.</summary>
    public TimeSpan StaleReadDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The hub's share of Apple's 15 requests a second and location, which it has in common with the MDM.</summary>
    public double RequestsPerSecond { get; set; } = 5;

    /// <summary>How many locations are read at the same time.</summary>
    public int ParallelLocations { get; set; } = 16;

    /// <summary>Whether whole locations are read: once when they are registered, and then on schedule.</summary>
    public bool FullSyncs { get; set; } = true;

    /// <summary>How often a location's assets, assignments and users are compared with Apple's, spread by a tenth; users at least weekly. Zero for never: users weekly.</summary>
    public TimeSpan ReconcileEvery { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The same for subscriptions and their seats, which change by themselves.</summary>
    public TimeSpan ReconcileSubscriptionsEvery { get; set; } = TimeSpan.FromHours(1);

    /// <summary>What of <see cref="RequestsPerSecond"/> importing and reconciling may take of a location.</summary>
    public double FullSyncRequestsPerSecond { get; set; } = 2;

    /// <summary>How many locations are imported or reconciled at the same time, beside those that notifications ask for.</summary>
    public int ParallelFullSyncs { get; set; } = 4;

    /// <summary>How long a location may go on reading while others wait for their turn.</summary>
    public TimeSpan TurnLength { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The pause after a first failed read; it doubles, with jitter, with each further one.</summary>
    public TimeSpan FirstRetryDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>What that pause grows to.</summary>
    public TimeSpan LongestRetryDelay { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a read that Apple refuses is tried before <c>refetch.failed</c> tells of it.</summary>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>How long such a read rests after that.</summary>
    public TimeSpan FailedRetryDelay { get; set; } = TimeSpan.FromHours(1);

    /// <summary>A read that would remove a larger share of the known records (and at least 25 records) must be confirmed by a second read.</summary>
    public double MaxRemovalShare { get; set; } = 0.2;
}

internal sealed class RefetchOptionsValidator : AbstractValidator<RefetchOptions>
{
    private const double ApplesLimit = 15;
    private const string IntervalWanted = "must be at least one minute, or zero for never";

    public RefetchOptionsValidator()
    {
        RuleFor(options => options.Quiet)
            .InclusiveBetween(TimeSpan.Zero, TimeSpan.FromMinutes(1))
            .WithMessage("must lie between zero and one minute");
        RuleFor(options => options.InitialMaxWait)
            .GreaterThanOrEqualTo(options => options.Quiet)
            .WithMessage("must be at least Refetch:Quiet");
        RuleFor(options => options.LongestMaxWait)
            .GreaterThanOrEqualTo(options => options.InitialMaxWait)
            .WithMessage("must be at least Refetch:InitialMaxWait");
        RuleFor(options => options.StaleReadDelay)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))
            .WithMessage("must lie between one second and one hour");
        RuleFor(options => options.RequestsPerSecond)
            .InclusiveBetween(0.1, ApplesLimit)
            .WithMessage("must lie between 0.1 and 15, which is all that Apple allows a location");
        RuleFor(options => options.ParallelLocations)
            .InclusiveBetween(1, 1000)
            .WithMessage("must lie between 1 and 1000");
        RuleFor(options => options.ReconcileEvery).Must(IsInterval).WithMessage(IntervalWanted);
        RuleFor(options => options.ReconcileSubscriptionsEvery).Must(IsInterval).WithMessage(IntervalWanted);
        RuleFor(options => options.FullSyncRequestsPerSecond)
            .InclusiveBetween(0.1, 2)
            .WithMessage("must lie between 0.1 and 2, so that there is room for what notifications ask for")
            .LessThanOrEqualTo(options => options.RequestsPerSecond)
            .WithMessage("must be at most Refetch:RequestsPerSecond");
        RuleFor(options => options.ParallelFullSyncs)
            .InclusiveBetween(1, 1000)
            .WithMessage("must lie between 1 and 1000");
        RuleFor(options => options.TurnLength)
            .InclusiveBetween(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1))
            .WithMessage("must lie between 100 milliseconds and one minute");
        RuleFor(options => options.FirstRetryDelay).GreaterThan(TimeSpan.Zero).WithMessage("must be longer than zero");
        RuleFor(options => options.LongestRetryDelay)
            .GreaterThanOrEqualTo(options => options.FirstRetryDelay)
            .WithMessage("must be at least Refetch:FirstRetryDelay");
        RuleFor(options => options.MaxAttempts).GreaterThan(0).WithMessage("must be positive");
        RuleFor(options => options.FailedRetryDelay)
            .GreaterThanOrEqualTo(options => options.LongestRetryDelay)
            .WithMessage("must be at least Refetch:LongestRetryDelay");
        RuleFor(options => options.MaxRemovalShare)
            .InclusiveBetween(0, 1)
            .WithMessage("must be between 0 and 1; 1 disables the check");
    }

    private static bool IsInterval(TimeSpan interval) =>
        interval == TimeSpan.Zero || interval >= TimeSpan.FromMinutes(1);
}
