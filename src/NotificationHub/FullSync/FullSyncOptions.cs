using FluentValidation;
using Microsoft.Extensions.Options;
using NotificationHub.Refetch;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

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

internal sealed class FullSyncSchedule(IOptions<FullSyncOptions> options, TimeProvider time)
{
    // Locations that were registered together must not stay in step.
    private const double Spread = 0.1;

    /// <summary>The longest interval between reads of all users.</summary>
    // Incremental reads do not return users that are gone.
    public static readonly TimeSpan AllUsersEvery = TimeSpan.FromDays(7);

    public DateTimeOffset Now => time.GetStoredUtcNow();

    public DateTimeOffset NextRequest =>
        Now + TimeSpan.FromMilliseconds(Math.Ceiling(1000 / options.Value.RequestsPerSecond));

    /// <summary>Whether all users must be read now, because the next reconciliation would be too late.</summary>
    // A last read in the future means that the clock was set back.
    public bool IsCompleteReadDue(FullSyncState fullSync) =>
        fullSync.CompleteAt is not { } last
        || last > Now
        || last + AllUsersEvery < Now + (IntervalOf(RecordKind.User) * (1 + Spread));

    public DateTimeOffset NextTry(RecordKind kind) => NextFullSync(kind) ?? Now + RefetchFailures.FailedRetryDelay;

    public DateTimeOffset? NextFullSync(RecordKind kind)
    {
        var interval = IntervalOf(kind);
        var factor = 1 - Spread + (2 * Spread * Random.Shared.NextDouble());
        return interval == TimeSpan.Zero ? null : Now + (interval * factor);
    }

    private TimeSpan IntervalOf(RecordKind kind)
    {
        var every = options.Value.Interval;
        // Even with the spread, it must not be later.
        var longest = AllUsersEvery / (1 + Spread);
        return kind == RecordKind.Subscription || kind == RecordKind.SubscriptionAssignment
                ? options.Value.SubscriptionInterval
            : kind == RecordKind.User && (every == TimeSpan.Zero || every > longest) ? longest
            : every;
    }
}
