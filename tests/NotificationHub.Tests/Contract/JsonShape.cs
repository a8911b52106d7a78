using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NotificationHub.Tests.Contract;

/// <summary>
/// JSON without what no schema of <c>docs/events</c> looks at: longer texts, and the digits of numbers. Two values of the
/// same shape are both valid, or both invalid.
/// </summary>
internal static class JsonShape
{
    /// <summary>Longer than every word of an <c>enum</c>.</summary>
    private const int MaxWordLength = 16;

    public static string Of(ReadOnlySpan<byte> json)
    {
        var shape = new StringBuilder();
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    shape.Append(reader.GetString()).Append(':');
                    break;
                case JsonTokenType.String:
                    shape.Append('"').Append(Text(reader.GetString()!)).Append(',');
                    break;
                case JsonTokenType.Number:
                    shape.Append(reader.TryGetInt64(out _) ? "1," : "1.5,");
                    break;
                default:
                    shape.Append((char)('A' + (int)reader.TokenType));
                    break;
            }
        }

        return shape.ToString();
    }

    // The type and the name of the schema select the schema.
    private static string Text(string text) =>
        text.StartsWith("notificationhub.", StringComparison.Ordinal)
        || text.StartsWith("urn:", StringComparison.Ordinal)
            ? text
        : text.Length <= MaxWordLength && text.All(char.IsAsciiLetterLower) ? text
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _) ? "time"
        : "text";
}
