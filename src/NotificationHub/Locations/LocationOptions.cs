using FluentValidation;

namespace NotificationHub.Locations;

/// <summary>How locations are registered and their content tokens kept.</summary>
internal sealed class LocationOptions
{
    public const string Section = "Locations";

    /// <summary>The folder of the keys that encrypt content tokens; null for <c>keys</c> beside the database.</summary>
    public string? KeyRing { get; set; }

    /// <summary>A hub that has written nothing for this long counts as stopped.</summary>
    public TimeSpan ReplicaTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a registration waits until every running hub accepts the new secret.</summary>
    public TimeSpan ReplicaWait { get; set; } = TimeSpan.FromSeconds(15);
}

internal sealed class LocationOptionsValidator : AbstractValidator<LocationOptions>
{
    public LocationOptionsValidator()
    {
        RuleFor(options => options.KeyRing)
            .Must(folder => folder is null || folder.Trim().Length > 0)
            .WithMessage("must name a folder");
        RuleFor(options => options.ReplicaTimeout)
            .InclusiveBetween(TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(5))
            .WithMessage("must lie between three seconds (a hub writes every two) and five minutes");
        RuleFor(options => options.ReplicaWait)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5))
            .WithMessage("must lie between one second and five minutes");
    }
}
