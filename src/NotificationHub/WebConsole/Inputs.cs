using System.Globalization;
using System.Text.Json;
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

    /// <summary>Names what in the URL of a search cannot be read: without it, the list would show more than was searched for.</summary>
    public static IReadOnlyList<string> ErrorsOf(string? since, string? until, string? before) =>
        [
            .. new[] { ("since", since), ("until", until) }
                .Where(one => Text(one.Item2) is not null && Time(one.Item2) is null)
                .Select(one => $"{one.Item1} must be a time such as 2026-03-01T08:00."),
            .. Text(before) is not null && Seq(before) is null ? ["before must be the seq of an entry."] : (string[])[],
        ];

    public static IReadOnlyList<string> ErrorsOf<T>(IValidator<T> validator, T input) =>
        [
            .. validator
                .Validate(input)
                .Errors.Select(error =>
                    $"{JsonNamingPolicy.CamelCase.ConvertName(error.PropertyName)} {error.ErrorMessage}."
                ),
        ];
}
