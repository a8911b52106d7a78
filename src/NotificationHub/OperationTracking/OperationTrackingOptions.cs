using FluentValidation;

namespace NotificationHub.OperationTracking;

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
