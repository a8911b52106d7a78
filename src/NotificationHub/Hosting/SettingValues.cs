using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;

namespace NotificationHub.Hosting;

/// <summary>Finds settings whose values do not fit their options. An error never repeats the value, which may be a secret.</summary>
internal static class SettingValues
{
    public static IEnumerable<(string Name, string Error)> FindErrors(Type type, IConfigurationSection section)
    {
        var required = Nullable.GetUnderlyingType(type) ?? type;
        var children = section.GetChildren();
        if (Describe(required) is { } description)
        {
            var hasNone = section.Value is null || (section.Value is "" && required != type);
            return children.Any() || !(hasNone || IsValid(required, section.Value!))
                ? [(section.Path, $"must be {description}")]
                : [];
        }

        return section.Value is { Length: > 0 }
            ? [(section.Path, "must not have a value itself; see docs/configuration.md for the settings in it")]
            : children.SelectMany(child =>
                FindMember(type, child.Key) is { } member
                    ? FindErrors(member, child)
                    : [(child.Path, "unknown setting; see docs/configuration.md")]
            );
    }

    /// <summary>The type of an option, or of an item of a list or dictionary; null if there is no such option.</summary>
    public static Type? FindMember(Type type, string key) =>
        type.IsGenericType
            ? type.GetGenericArguments()[^1]
            : MembersOf(type)
                .FirstOrDefault(member => member.Name.Equals(key, StringComparison.OrdinalIgnoreCase))
                ?.PropertyType;

    /// <summary>The properties of an options class that can be set.</summary>
    public static IEnumerable<PropertyInfo> MembersOf(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(member => member.CanWrite || typeof(IDictionary).IsAssignableFrom(member.PropertyType));

    /// <summary>Parses <c>hh:mm:ss</c>, optionally with days and fractions of a second.</summary>
    // .NET would parse 24 and 24:00:00 as 24 days.
    public static TimeSpan? ParseDuration(string text) =>
        text.Contains(':', StringComparison.Ordinal)
        && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var duration)
            ? duration
            : null;

    private static bool IsValid(Type type, string value) =>
        type == typeof(TimeSpan) ? ParseDuration(value) is not null
        : type.IsEnum ? Enum.TryParse(type, value, ignoreCase: true, out _)
        : TypeDescriptor.GetConverter(type).IsValid(value);

    // Null for a class, list or dictionary, which consists of several settings.
    private static string? Describe(Type type) =>
        type == typeof(string) ? "a text"
        : type == typeof(TimeSpan) ? "a duration such as 00:00:15, or 1.00:00:00 for a day"
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : type == typeof(double) ? "a number"
        : type == typeof(bool) ? "true or false"
        : type == typeof(Uri) ? "a URL"
        : type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
        : null;
}
