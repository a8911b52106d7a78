using FluentValidation;

namespace NotificationHub.Intake;

/// <summary>The bounds that keep a slow, large or busy sender from costing anybody else.</summary>
internal sealed class IntakeOptions
{
    public const string Section = "Intake";

    /// <summary>The maximum size of a body, both as received and after decoding; a larger one gets 413.</summary>
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>How many bytes of bodies may be on their way to the disk; beyond it posts are answered 503.</summary>
    public long MaxBytesInFlight { get; set; } = 64 * 1024 * 1024;

    /// <summary>The part of these bytes that one location may use, so that it cannot block other locations. Null: a quarter.</summary>
    public long? MaxBytesInFlightPerLocation { get; set; }

    /// <summary><see cref="MaxBytesInFlightPerLocation"/>, or its default from the other limits.</summary>
    public long LocationShare =>
        MaxBytesInFlightPerLocation ?? Math.Clamp(MaxBytesInFlight / 4, MaxBodyBytes, MaxBytesInFlight);

    /// <summary>How long a sender may take over its body.</summary>
    public TimeSpan BodyTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The maximum number of connections per listener; a quarter may be unauthenticated. Beyond it, the oldest are closed.</summary>
    public int MaxConnections { get; set; } = 4096;

    /// <summary>The maximum number of unauthenticated connections per address. Null: 256, or unlimited behind a proxy.</summary>
    public int? MaxConnectionsPerAddress { get; set; }

    /// <summary>How many posts a second one location may send for long; it may save up ten seconds of them. Beyond it 429.</summary>
    public int DeliveriesPerSecondPerLocation { get; set; } = 1000;

    /// <summary>How many rejected posts are kept for each location; later ones are refused all the same, but not kept.</summary>
    public int MaxRejectedPerLocation { get; set; } = 1000;

    /// <summary>How many refused posts (401) within <see cref="RefusalPeriod"/> make a <c>location.refused</c> event, at most one a period.</summary>
    public int UnauthorizedThreshold { get; set; } = 10;

    /// <summary>The period that <see cref="UnauthorizedThreshold"/> counts in.</summary>
    public TimeSpan RefusalPeriod { get; set; } = TimeSpan.FromMinutes(15);
}

internal sealed class IntakeOptionsValidator : AbstractValidator<IntakeOptions>
{
    public IntakeOptionsValidator()
    {
        RuleFor(options => options.MaxBodyBytes)
            .InclusiveBetween(64 * 1024, 64 * 1024 * 1024)
            .WithMessage("must lie between 65536 (Apple's posts reach tens of KiB) and 67108864 bytes");
        RuleFor(options => options.MaxBytesInFlight)
            .GreaterThanOrEqualTo(options => options.MaxBodyBytes)
            .WithMessage("must be at least Intake:MaxBodyBytes, or the longest body could never be taken");
        RuleFor(options => options.MaxBytesInFlightPerLocation)
            .Must(
                (options, share) =>
                    share is null || (share >= options.MaxBodyBytes && share <= options.MaxBytesInFlight)
            )
            .WithMessage("must be at least Intake:MaxBodyBytes and at most Intake:MaxBytesInFlight");
        RuleFor(options => options.BodyTimeout)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5))
            .WithMessage("must lie between one second and five minutes");
        RuleFor(options => options.MaxConnections).GreaterThanOrEqualTo(4).WithMessage("must be at least 4");
        RuleFor(options => options.MaxConnectionsPerAddress).GreaterThan(0).WithMessage("must be positive");
        RuleFor(options => options.DeliveriesPerSecondPerLocation).GreaterThan(0).WithMessage("must be positive");
        RuleFor(options => options.MaxRejectedPerLocation).GreaterThanOrEqualTo(0).WithMessage("must not be negative");
        RuleFor(options => options.UnauthorizedThreshold).GreaterThan(0).WithMessage("must be positive");
        RuleFor(options => options.RefusalPeriod)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1))
            .WithMessage("must lie between one second and one day");
    }
}
