using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace NotificationHub.Publishing;

/// <summary>Removes line ends and, unless configured otherwise, <c>inviteCode</c> from stored JSON.</summary>
// Every string and number keeps its bytes.
internal static class EventData
{
    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    private static readonly SearchValues<byte> NotPlain = SearchValues.Create([
        .. Enumerable.Range(0, 32).Select(value => (byte)value),
        (byte)'\\',
    ]);

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Returns the stored bytes without a byte order mark, or a copy if they change; null if they are not JSON.</summary>
    /// <param name="isProvenJson">Whether the bytes are known to be JSON in UTF-8, so that plain bytes need not be parsed.</param>
    public static ReadOnlyMemory<byte>? Prepare(
        ReadOnlyMemory<byte> stored,
        bool includeInviteCode,
        bool isProvenJson = false
    )
    {
        if (stored.Span.StartsWith(ByteOrderMark))
        {
            stored = stored[ByteOrderMark.Length..];
        }

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
        var reader = new Utf8JsonReader(json);
        while (reader.Read()) { }
    }

    private static ReadOnlyMemory<byte> Rewrite(ReadOnlySpan<byte> json, bool includeInviteCode)
    {
        var output = new JsonCopy(json.Length);
        var reader = new Utf8JsonReader(json);
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
