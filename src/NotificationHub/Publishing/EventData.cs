using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace NotificationHub.Publishing;

/// <summary>
/// Makes stored JSON fit for a line of its own and for other eyes: without line ends and, unless asked otherwise, without
/// <c>inviteCode</c>. The text of every string and number stays as it came.
/// </summary>
internal static class EventData
{
    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    private static readonly SearchValues<byte> NotPlain = SearchValues.Create([
        .. Enumerable.Range(0, 32).Select(value => (byte)value),
        (byte)'\\',
    ]);

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>
    /// The stored bytes themselves, less a byte order mark, or a copy where something within had to go; null where they are
    /// no JSON.
    /// </summary>
    /// <param name="isProvenJson">It is known to be JSON in UTF-8, so what can only be plain need not be read.</param>
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
            // An escape could spell the name, so only a body that has neither is sure not to hold it.
            var mayHoldInviteCode =
                !includeInviteCode && (stored.Span.IndexOf("inviteCode"u8) >= 0 || stored.Span.IndexOf("\\u"u8) >= 0);
            if (mayHoldInviteCode || stored.Span.ContainsAny(LineEnds))
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

    // Neither a line end nor an escape that could spell the name of what is left out.
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

    /// <summary>Sets tokens side by side as they stand in the source. The result is never longer than that.</summary>
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

            // A string ends in its quote, so these can only be what they look like.
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
