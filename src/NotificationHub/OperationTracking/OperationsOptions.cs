using FluentValidation;

namespace NotificationHub.OperationTracking;

/// <summary>How the ledger of operations is kept.</summary>
internal sealed class OperationsOptions
{
    public const string Section = "Operations";

    /// <summary>How long an operation is kept after its end; also how long one is kept that is never heard of again, unless it is deferred.</summary>
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(30);
}

internal sealed class OperationsOptionsValidator : AbstractValidator<OperationsOptions>
{
    public OperationsOptionsValidator() =>
        RuleFor(options => options.KeepFor)
            .InclusiveBetween(TimeSpan.FromHours(1), TimeSpan.FromDays(3650))
            .WithMessage("must lie between one hour and ten years");
}
