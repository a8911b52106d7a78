using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

/// <summary>Writes an event as one line of JSON, with the same bytes for Service Bus and the feed.</summary>
// See https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md.
internal sealed class CloudEventWriter(IOptions<PublishingOptions> options)
{
    private static readonly JsonWriterOptions Format = new()
    {
        // Fewer escapes keep messages small.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly string publicUrl = options.Value.PublicUrl?.AbsoluteUri.TrimEnd('/') ?? "";

    public static string GetId(EventEntry entry) =>
        string.Create(CultureInfo.InvariantCulture, $"{entry.Epoch}-{entry.Seq}");

    /// <returns>Whether the stored data is JSON; otherwise the event has the data null.</returns>
    public bool Write(EventEntry entry, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, Format);
        json.WriteStartObject();
        WriteAttributes(json, entry);
        json.WritePropertyName("data"u8);
        var isJson = WriteData(json, entry.Data, entry.IsProvenJson);
        json.WriteEndObject();
        return isJson;
    }

    /// <summary>Writes the event without its data, with the URL of the whole event.</summary>
    public void WriteClaimCheck(EventEntry entry, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, Format);
        json.WriteStartObject();
        WriteAttributes(json, entry);
        json.WriteString("dataref"u8, $"{publicUrl}/events/{GetId(entry)}");
        json.WriteEndObject();
    }

    /// <summary>Writes stored JSON as a value, or null if the bytes are not JSON.</summary>
    /// <param name="isProvenJson">Whether the bytes are known to be JSON.</param>
    /// <returns>Whether the bytes are JSON.</returns>
    public bool WriteData(Utf8JsonWriter json, byte[] stored, bool isProvenJson = false)
    {
        if (EventData.Prepare(stored, options.Value.IncludeInviteCode, isProvenJson) is { } data)
        {
            json.WriteRawValue(data.Span, skipInputValidation: true);
            return true;
        }

        json.WriteNullValue();
        return false;
    }

    private static void WriteAttributes(Utf8JsonWriter json, EventEntry entry)
    {
        json.WriteString("specversion"u8, "1.0"u8);
        json.WriteString("id"u8, GetId(entry));
        json.WriteString(
            "source"u8,
            entry.LocationId is null ? "/hub" : $"/locations/{Uri.EscapeDataString(entry.LocationId)}"
        );
        json.WriteString("type"u8, EventTypes.Of(entry.Type));
        WriteOptional(json, "subject"u8, Escape(entry.Subject));
        json.WriteString(
            "time"u8,
            entry.CreatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
        );
        json.WriteString("datacontenttype"u8, "application/json"u8);
        WriteOptional(json, "location"u8, entry.LocationId);
        var sequence = EventLog.Padded(entry.Seq);
        json.WriteString("sequence"u8, sequence);
        if (entry.Type.EndsWith(".changed", StringComparison.Ordinal))
        {
            json.WriteString("revision"u8, sequence);
        }

        if (entry.Conflict)
        {
            json.WriteBoolean("conflict"u8, true);
        }

        WriteOptional(json, "traceparent"u8, entry.Traceparent);
    }

    // A user ID may contain characters that CloudEvents forbids; strict consumers would reject the event.
    private static string? Escape(string? subject) =>
        subject is null || !subject.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? subject
            : string.Concat(
                subject
                    .EnumerateRunes()
                    .Select(rune => IsForbidden(rune) ? Uri.EscapeDataString(rune.ToString()) : rune.ToString())
            );

    private static bool IsForbidden(Rune rune) =>
        Rune.IsControl(rune) || rune.Value is >= 0xFDD0 and <= 0xFDEF || (rune.Value & 0xFFFE) == 0xFFFE;

    // In CloudEvents, an attribute without a value is omitted, and an empty subject is not allowed.
    private static void WriteOptional(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json.WriteString(name, value);
        }
    }
}
