using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>Apple writes offsets without a colon (<c>+0000</c>, <c>-0700</c>) or as <c>Z</c>, which System.Text.Json rejects.</summary>
internal static class AppleDate
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ssK";

    public static DateTimeOffset? Parse(string? text) =>
        DateTimeOffset.TryParseExact(text, Form, null, DateTimeStyles.AssumeUniversal, out var exact) ? exact
        : DateTimeOffset.TryParse(text, null, DateTimeStyles.AssumeUniversal, out var date) ? date
        : null;

    public static string Format(DateTimeOffset date) => date.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'+0000'", null);
}

// A date of unknown format counts as absent: it must not invalidate an otherwise good response.
internal sealed class AppleDateConverter : JsonConverter<DateTimeOffset?>
{
    public override DateTimeOffset? Read(
        ref Utf8JsonReader reader,
        Type typeToConvert,
        JsonSerializerOptions options
    ) => AppleDate.Parse(JsonText.Read(ref reader));

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options)
    {
        if (value is { } date)
        {
            writer.WriteStringValue(AppleDate.Format(date));
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}

/// <summary>A day; only the date part is read.</summary>
internal sealed class AppleDayConverter : JsonConverter<DateOnly?>
{
    public override DateOnly? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonText.Read(ref reader) is { Length: >= 10 } text
        && DateOnly.TryParseExact(text[..10], "yyyy-MM-dd", out var day)
            ? day
            : null;

    public override void Write(Utf8JsonWriter writer, DateOnly? value, JsonSerializerOptions options)
    {
        if (value is { } day)
        {
            writer.WriteStringValue(day.ToString("yyyy-MM-dd"));
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
