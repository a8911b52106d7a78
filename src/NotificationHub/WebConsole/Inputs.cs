using System.Globalization;
using FluentValidation;

namespace NotificationHub.WebConsole;

/// <summary>Reads the fields of search forms, in which an empty field is no condition.</summary>
internal static class Inputs
{
    public static string? Text(string? given) => string.IsNullOrWhiteSpace(given) ? null : given.Trim();

    /// <summary>A time as browsers send it, in UTC; null if it is none.</summary>
    public static DateTimeOffset? Time(string? given) =>
        DateTimeOffset.TryParse(
            given,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time
        )
            ? time
            : null;

    public static long? Seq(string? given) =>
        long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : null;

    public static IReadOnlyList<string> ErrorsOf<T>(IValidator<T> validator, T input) =>
        [.. validator.Validate(input).Errors.Select(error => $"{error.PropertyName}: {error.ErrorMessage}.")];
}
