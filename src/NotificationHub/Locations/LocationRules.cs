using FluentValidation;

namespace NotificationHub.Locations;

/// <summary>What every command on one location is asked with.</summary>
/// <param name="LocationId">The hub's id of the location.</param>
internal abstract record LocationRequest(string LocationId);

internal sealed class LocationRequestValidator : AbstractValidator<LocationRequest>
{
    public LocationRequestValidator() => RuleFor(request => request.LocationId).IsLocationId();
}

internal static class LocationRules
{
    private const int LongestId = 64;

    public static IRuleBuilderOptions<T, string> IsLocationId<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(id => id is { Length: > 0 and <= LongestId } && id.All(char.IsAsciiLetterOrDigit))
            .WithMessage("is no location's id: take one from `locations list`");

    /// <summary>Judges what was asked for.</summary>
    /// <exception cref="LocationException">It cannot be meant: every fault is in the message.</exception>
    public static void Ensure<T>(this IValidator<T> validator, T request)
    {
        var judged = validator.Validate(request);
        if (!judged.IsValid)
        {
            throw new LocationException(
                LocationErrorCode.BadInput,
                string.Join(
                    Environment.NewLine,
                    judged.Errors.Select(fault => $"{fault.PropertyName} {fault.ErrorMessage}.")
                )
            );
        }
    }
}
