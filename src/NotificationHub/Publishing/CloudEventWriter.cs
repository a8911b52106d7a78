using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
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

    private static readonly FrozenDictionary<string, byte[]> Schemas = TopicMap.EventNames.ToFrozenDictionary(
        name => name,
        name => Encoding.UTF8.GetBytes(EventTypes.SchemaOf(name)),
        StringComparer.Ordinal
    );

    private static readonly FrozenDictionary<string, string> Types = TopicMap.EventNames.ToFrozenDictionary(
        name => name,
        EventTypes.Of,
        StringComparer.Ordinal
    );

    private readonly string publicUrl = options.Value.PublicUrl?.AbsoluteUri.TrimEnd('/') ?? "";

    public static string GetId(EventEntry entry) => $"{entry.Epoch}-{entry.Seq}";

    public static string GetFullType(EventEntry entry) =>
        Types.TryGetValue(entry.Type, out var type) ? type : EventTypes.Of(entry.Type);

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
        json.WriteString("type"u8, GetFullType(entry));
        WriteOptional(json, "subject"u8, Escape(entry.Subject));
        json.WriteString(
            "time"u8,
            entry.CreatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
        );
        json.WriteString("datacontenttype"u8, "application/json"u8);
        json.WriteString("dataschema"u8, SchemaOf(entry.Type));
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

    private static ReadOnlySpan<byte> SchemaOf(string type) =>
        Schemas.TryGetValue(type, out var schema) ? schema : Encoding.UTF8.GetBytes(EventTypes.SchemaOf(type));

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

/// <summary>Removes line ends and, unless configured otherwise, <c>inviteCode</c> from stored JSON.</summary>
// Every string and number keeps its bytes.
internal static class EventData
{
    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    private static readonly SearchValues<byte> NotPlain = SearchValues.Create([
        .. Enumerable.Range(0, 32).Select(value => (byte)value),
        (byte)'\\',
    ]);

    // The event around the data is one level more, and consumers read 64 levels by default.
    private static readonly JsonReaderOptions Format = new() { MaxDepth = 63 };

    /// <summary>Returns the stored bytes without a byte order mark, or a copy if they change; null if they are not JSON.</summary>
    /// <param name="isProvenJson">Whether the bytes are known to be JSON in UTF-8, so that plain bytes need not be parsed.</param>
    public static ReadOnlyMemory<byte>? Prepare(
        ReadOnlyMemory<byte> stored,
        bool includeInviteCode,
        bool isProvenJson = false
    )
    {
        stored = ByteOrderMark.Skip(stored);
        if (isProvenJson && IsPlain(stored.Span, includeInviteCode))
        {
            return stored;
        }

        if (!Utf8.IsValid(stored.Span))
        {
            return null;
        }

        try
        {
            // The name may be written with escapes, so a body without the name and without escapes cannot contain it.
            var mayContainInviteCode =
                !includeInviteCode && (stored.Span.IndexOf("inviteCode"u8) >= 0 || stored.Span.IndexOf("\\u"u8) >= 0);
            if (mayContainInviteCode || stored.Span.ContainsAny(LineEnds))
            {
                return Rewrite(stored.Span, includeInviteCode);
            }

            Read(stored.Span);
            return stored;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // No line end, and no escape that could be part of the name.
    private static bool IsPlain(ReadOnlySpan<byte> json, bool includeInviteCode) =>
        !json.ContainsAny(NotPlain) && (includeInviteCode || json.IndexOf("inviteCode"u8) < 0);

    private static void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Format);
        while (reader.Read()) { }
    }

    private static ReadOnlyMemory<byte> Rewrite(ReadOnlySpan<byte> json, bool includeInviteCode)
    {
        var output = new JsonCopy(json.Length);
        var reader = new Utf8JsonReader(json, Format);
        while (reader.Read())
        {
            if (
                !includeInviteCode
                && reader.TokenType == JsonTokenType.PropertyName
                && reader.ValueTextEquals("inviteCode"u8)
            )
            {
                reader.Skip();
            }
            else
            {
                output.Add(reader);
            }
        }

        return output.Written;
    }

    // Copies tokens without the whitespace between them, so the result is never longer than the source.
    private struct JsonCopy(int capacity)
    {
        private readonly byte[] bytes = new byte[capacity];
        private int length;

        public readonly ReadOnlyMemory<byte> Written => bytes.AsMemory(0, length);

        public void Add(in Utf8JsonReader token)
        {
            if (token.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                Append(token.ValueSpan);
                return;
            }

            // A string ends with a quote, so these bytes are always punctuation.
            if (length > 0 && bytes[length - 1] is not ((byte)'{' or (byte)'[' or (byte)':'))
            {
                Append(","u8);
            }

            if (token.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
            {
                Append(token.ValueSpan);
                return;
            }

            Append("\""u8);
            Append(token.ValueSpan);
            Append(token.TokenType == JsonTokenType.PropertyName ? "\":"u8 : "\""u8);
        }

        private void Append(ReadOnlySpan<byte> text)
        {
            text.CopyTo(bytes.AsSpan(length));
            length += text.Length;
        }
    }
}
