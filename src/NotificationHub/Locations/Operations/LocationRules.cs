using FluentValidation;

namespace NotificationHub.Locations.Operations;

internal static class LocationRules
{
    private const int LongestId = 64;

    public static void IsLocationId<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(id => id is { Length: > 0 and <= LongestId } && id.All(letter => char.IsAsciiLetterOrDigit(letter)))
            .WithMessage("is no location's id: take one from `locations list`");

    /// <summary>Judges what was asked for.</summary>
    /// <exception cref="LocationException">It cannot be meant: every fault is in the message.</exception>
    public static void Demand<T>(this IValidator<T> validator, T request)
    {
        var judged = validator.Validate(request);
        if (!judged.IsValid)
        {
            throw new LocationException(
                LocationFault.BadInput,
                string.Join(
                    Environment.NewLine,
                    judged.Errors.Select(fault => $"{fault.PropertyName} {fault.ErrorMessage}.")
                )
            );
        }
    }
}
