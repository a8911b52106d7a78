using FluentValidation;

namespace NotificationHub.Intake;

/// <summary>The limits that keep a slow, large or busy sender from affecting other senders.</summary>
internal sealed class IntakeOptions
{
    public const string Section = "Intake";

    /// <summary>The maximum size of a body, both as received and after decoding.</summary>
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>The maximum number of bytes of bodies in memory that are not yet stored.</summary>
    public long MaxBytesInFlight { get; set; } = 64 * 1024 * 1024;

    /// <summary>The part of <see cref="MaxBytesInFlight"/> that one location may use. Null: a quarter.</summary>
    public long? MaxBytesInFlightPerLocation { get; set; }

    /// <summary><see cref="MaxBytesInFlightPerLocation"/>, or its default from the other limits.</summary>
    public long LocationShare =>
        MaxBytesInFlightPerLocation ?? Math.Clamp(MaxBytesInFlight / 4, MaxBodyBytes, MaxBytesInFlight);

    /// <summary>The maximum time to receive a body.</summary>
    public TimeSpan BodyTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The maximum number of connections per listener; a quarter may be unauthenticated.</summary>
    public int MaxConnections { get; set; } = 4096;

    /// <summary>The maximum number of unauthenticated connections per address. Null: 256, or unlimited behind a proxy.</summary>
    public int? MaxConnectionsPerAddress { get; set; }

    /// <summary>The sustained rate per location; bursts may contain ten seconds of it.</summary>
    public int DeliveriesPerSecondPerLocation { get; set; } = 1000;

    /// <summary>The maximum number of rejected deliveries that are stored per location.</summary>
    public int MaxRejectedPerLocation { get; set; } = 1000;

    /// <summary>The number of 401 responses within 15 minutes that raises <c>location.refused</c>.</summary>
    public int UnauthorizedThreshold { get; set; } = 10;
}

internal sealed class IntakeOptionsValidator : AbstractValidator<IntakeOptions>
{
    public IntakeOptionsValidator()
    {
        RuleFor(options => options.MaxBodyBytes)
            .InclusiveBetween(64 * 1024, 64 * 1024 * 1024)
            .WithMessage("must be between 65536 and 67108864 bytes; Apple's notifications reach tens of KiB");
        RuleFor(options => options.MaxBytesInFlight)
            .GreaterThanOrEqualTo(options => options.MaxBodyBytes)
            .WithMessage("must be at least Intake:MaxBodyBytes, or the largest body could never be accepted");
        RuleFor(options => options.MaxBytesInFlightPerLocation)
            .Must(
                (options, share) =>
                    share is null || (share >= options.MaxBodyBytes && share <= options.MaxBytesInFlight)
            )
            .WithMessage("must be at least Intake:MaxBodyBytes and at most Intake:MaxBytesInFlight");
        RuleFor(options => options.BodyTimeout)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5))
            .WithMessage("must be between one second and five minutes");
        RuleFor(options => options.MaxConnections).GreaterThanOrEqualTo(4).WithMessage("must be at least 4");
        RuleFor(options => options.MaxConnectionsPerAddress).GreaterThan(0).WithMessage("must be positive");
        RuleFor(options => options.DeliveriesPerSecondPerLocation).GreaterThan(0).WithMessage("must be positive");
        RuleFor(options => options.MaxRejectedPerLocation).GreaterThanOrEqualTo(0).WithMessage("must not be negative");
        RuleFor(options => options.UnauthorizedThreshold).GreaterThan(0).WithMessage("must be positive");
    }
}
