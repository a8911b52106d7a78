using FluentValidation;
using NotificationHub.Hosting;

namespace NotificationHub.OperationTracking;

internal static class OperationTiming
{
    /// <summary>The time without a notification after which a pending operation is stalled. Apple: Subscribing to Notifications.</summary>
    public static readonly TimeSpan StallThreshold = TimeSpan.FromMinutes(10);

    /// <summary>The time from a poll to the next one if the hub crashes before it stores the response.</summary>
    public static readonly TimeSpan ClaimTime = 2 * OperationProgressBatch.PollInterval;

    public static readonly TimeSpan MaxDelay = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxDelayDuringOutage = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan MaxDeferredDelay = TimeSpan.FromDays(1);

    private static readonly Backoff PollBackoff = new(OperationProgressBatch.PollInterval, MaxDelay);
    private static readonly Backoff DeferredBackoff = new(MaxDelay, MaxDeferredDelay);

    /// <summary>The delay until the next poll, which doubles with each poll since the last notification.</summary>
    public static TimeSpan GetDelay(long polls, bool deferred) =>
        (deferred ? DeferredBackoff : PollBackoff).PauseAfter(polls);

    // During an outage, the delay stays short, so that operations complete soon after it.
    public static TimeSpan GetDelayDuringOutage(long polls, bool deferred) =>
        GetDelay(polls, deferred) is var delay && !deferred && delay > MaxDelayDuringOutage
            ? MaxDelayDuringOutage
            : delay;

    // A deferred operation is expected to be pending for weeks.
    public static bool IsStalled(Operation operation, DateTimeOffset now) =>
        operation is { State: OperationStates.Open, Deferred: false } && now - operation.SilentSince >= StallThreshold;
}

internal sealed class OperationTrackingOptions
{
    public const string Section = "OperationTracking";

    /// <summary>How long an operation is kept after its end, or after its last notification if it does not end.</summary>
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(30);
}

internal sealed class OperationTrackingOptionsValidator : AbstractValidator<OperationTrackingOptions>
{
    public OperationTrackingOptionsValidator() =>
        RuleFor(options => options.KeepFor)
            .InclusiveBetween(TimeSpan.FromHours(1), TimeSpan.FromDays(3650))
            .WithMessage("must be between one hour and ten years");
}
