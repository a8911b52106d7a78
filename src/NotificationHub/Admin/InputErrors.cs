using System.Text.Json;
using FluentValidation;

namespace NotificationHub.Admin;

internal static class InputErrors
{
    /// <summary>The faults as problem details have them, by the members' names in JSON.</summary>
    public static Dictionary<string, string[]> FaultsOf<T>(this IValidator<T> validator, T input) =>
        validator
            .Validate(input)
            .Errors.GroupBy(fault => JsonNamingPolicy.CamelCase.ConvertName(fault.PropertyName))
            .ToDictionary(
                faults => faults.Key,
                faults => faults.Select(fault => fault.ErrorMessage).ToArray(),
                StringComparer.Ordinal
            );
}
