using FluentValidation;

namespace NotificationHub.FullSync;

internal sealed class FullSyncOptions
{
    public const string Section = "FullSync";

    /// <summary>Whether locations are imported and reconciled.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The interval between reconciliations of assets, assignments and users; zero for none.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The interval between reconciliations of subscriptions, which also change without a notification.</summary>
    public TimeSpan SubscriptionInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The part of <c>Refetch:RequestsPerSecond</c> that a full sync uses.</summary>
    public double RequestsPerSecond { get; set; } = 2;
}

internal sealed class FullSyncOptionsValidator : AbstractValidator<FullSyncOptions>
{
    private const string IntervalMessage = "must be at least one minute, or zero to disable scheduled reconciliation";

    public FullSyncOptionsValidator()
    {
        RuleFor(options => options.Interval).Must(IsInterval).WithMessage(IntervalMessage);
        RuleFor(options => options.SubscriptionInterval).Must(IsInterval).WithMessage(IntervalMessage);
        RuleFor(options => options.RequestsPerSecond)
            .InclusiveBetween(0.1, 2)
            .WithMessage("must be between 0.1 and 2, to leave requests for notifications");
    }

    private static bool IsInterval(TimeSpan interval) =>
        interval == TimeSpan.Zero || interval >= TimeSpan.FromMinutes(1);
}
