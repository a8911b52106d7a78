using FluentValidation;

namespace NotificationHub.Locations;

// No record: what that prints would have the token in it.
/// <summary>A renewal as it is asked for: by a command or over HTTP.</summary>
internal sealed class RenewalInput
{
    public required string LocationId { get; init; }

    /// <summary>The text of the new content token's file.</summary>
    public string? ContentToken { get; init; }
}

/// <summary>Judges all that can be judged without Apple.</summary>
internal sealed class RenewalInputValidator : AbstractValidator<RenewalInput>
{
    public RenewalInputValidator()
    {
        RuleFor(input => input.LocationId).IsLocationId();
        RuleFor(input => input.ContentToken).IsContentToken();
    }
}
