using System.Text.Json;

namespace NotificationHub.Storage;

/// <summary>Many values as one parameter, for <c>In</c> and <c>InNumbers</c>.</summary>
internal static class SqlList
{
    public static string Of<T>(IEnumerable<T> values) => JsonSerializer.Serialize(values);
}
