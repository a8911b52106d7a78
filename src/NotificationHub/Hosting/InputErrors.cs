using System.Text.Json;
using FluentValidation;

namespace NotificationHub.Hosting;

/// <summary>Errors of input by parameter or JSON member, as problem details contain them.</summary>
internal static class InputErrors
{
    public static Dictionary<string, string[]> ErrorsOf<T>(this IValidator<T> validator, T input) =>
        validator
            .Validate(input)
            .Errors.GroupBy(error => JsonNamingPolicy.CamelCase.ConvertName(error.PropertyName))
            .ToDictionary(
                errors => errors.Key,
                errors => errors.Select(error => error.ErrorMessage).ToArray(),
                StringComparer.Ordinal
            );

    /// <summary>Adds an error if the value is given, but not allowed.</summary>
    public static void Require(
        this Dictionary<string, string[]> errors,
        string name,
        string? value,
        IReadOnlyCollection<string> allowed
    )
    {
        if (value is not null && !allowed.Contains(value, StringComparer.Ordinal))
        {
            errors[name] = [$"must be one of {string.Join(", ", allowed)}"];
        }
    }
}
