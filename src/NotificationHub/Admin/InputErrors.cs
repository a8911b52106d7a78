using System.Text.Json;
using FluentValidation;

namespace NotificationHub.Admin;

internal static class InputErrors
{
    /// <summary>Validation errors as problem details contain them, by JSON member.</summary>
    public static Dictionary<string, string[]> ErrorsOf<T>(this IValidator<T> validator, T input) =>
        validator
            .Validate(input)
            .Errors.GroupBy(error => JsonNamingPolicy.CamelCase.ConvertName(error.PropertyName))
            .ToDictionary(
                errors => errors.Key,
                errors => errors.Select(error => error.ErrorMessage).ToArray(),
                StringComparer.Ordinal
            );
}
