using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using NotificationHub.Storage;

namespace NotificationHub.Erasure;

/// <summary>Redacts a person or device in stored JSON and keeps its structure.</summary>
internal static partial class JsonRedaction
{
    private static readonly JsonWriterOptions Format = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        // Allows repeated members.
        SkipValidation = true,
    };

    private static ReadOnlySpan<byte> ErasedBody => """{"erased":true}"""u8;

    /// <summary>The redacted bytes; null if they contain no identifier.</summary>
    public static byte[]? Redact(byte[] stored, PersonalIdentifiers identifiers)
    {
        try
        {
            if (!identifiers.MayBeIn(stored))
            {
                return MayBeUtf16(stored) ? RedactOpaque(stored, identifiers) : null;
            }

            using var document = Parse(stored);
            var output = new ArrayBufferWriter<byte>(stored.Length);
            using var writer = new Utf8JsonWriter(output, Format);
            var rewriter = new Rewriter(identifiers, writer);
            rewriter.Write(document.RootElement, member: null, isTheirs: false);
            writer.Flush();
            return rewriter.HasChanged ? output.WrittenSpan.ToArray() : null;
        }
        // InvalidOperationException: an escape that is half of a surrogate pair.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return RedactOpaque(stored, identifiers);
        }
    }

    public static void Collect(byte[] stored, PersonalIdentifiers identifiers)
    {
        if (!identifiers.MayBeIn(stored))
        {
            return;
        }

        try
        {
            using var document = Parse(stored);
            PersonalMembers.Collect(document.RootElement, identifiers);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Invalid JSON with an identifier is erased as a whole.
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> stored) => JsonDocument.Parse(ByteOrderMark.Skip(stored));

    // UTF-16 has a zero byte in each Latin letter; JSON in UTF-8 has none.
    private static bool MayBeUtf16(ReadOnlySpan<byte> stored) => stored.Contains((byte)0);

    // The boundaries of an identifier are unknown, so the whole body is erased.
    private static byte[]? RedactOpaque(byte[] stored, PersonalIdentifiers identifiers) =>
        new[] { Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode }.Any(encoding =>
            identifiers.AreIn(Unescaped(encoding.GetString(stored)))
        )
            ? ErasedBody.ToArray()
            : null;

    private static string Unescaped(string text) =>
        Escape()
            .Replace(
                text,
                match =>
                    match.Value.Length > 2
                        ? ((char)Convert.ToUInt16(match.Value[2..], fromBase: 16)).ToString()
                        : match.Value[1..]
            );

    [GeneratedRegex(@"\\(u[0-9A-Fa-f]{4}|[/""\\])", RegexOptions.ExplicitCapture)]
    private static partial Regex Escape();

    private sealed class Rewriter(PersonalIdentifiers identifiers, Utf8JsonWriter writer)
    {
        public bool HasChanged { get; private set; }

        /// <param name="isTheirs">Whether an enclosing object describes the person or device, so that all its values are erased.</param>
        public void Write(JsonElement json, string? member, bool isTheirs)
        {
            switch (json.ValueKind)
            {
                case JsonValueKind.Object:
                    WriteObject(json, isTheirs || PersonalMembers.Describes(json, identifiers));
                    break;
                case JsonValueKind.Array:
                    writer.WriteStartArray();
                    foreach (var item in json.EnumerateArray())
                    {
                        Write(item, member, isTheirs);
                    }

                    writer.WriteEndArray();
                    break;
                case JsonValueKind.String or JsonValueKind.Number when !PersonalMembers.IsImpersonal(member):
                    WriteText(json, PersonalMembers.ReadText(json)!, member, isTheirs);
                    break;
                default:
                    json.WriteTo(writer);
                    break;
            }
        }

        private void WriteObject(JsonElement json, bool isTheirs)
        {
            writer.WriteStartObject();
            foreach (var member in json.EnumerateObject())
            {
                var isIdentifier = identifiers.Contains(member.Name);
                HasChanged |= isIdentifier;
                writer.WritePropertyName(isIdentifier ? PersonalIdentifiers.Erased : member.Name);
                Write(member.Value, member.Name, isTheirs);
            }

            writer.WriteEndObject();
        }

        private void WriteText(JsonElement json, string text, string? member, bool isTheirs)
        {
            var isNumber = json.ValueKind == JsonValueKind.Number;
            var redacted =
                isTheirs || (identifiers.Contains(text) && (!isNumber || PersonalMembers.IsNaming(member)))
                    ? PersonalIdentifiers.Erased
                : isNumber || PersonalMembers.IsNaming(member) ? text
                : identifiers.Redact(text);
            if (redacted == text)
            {
                json.WriteTo(writer);
            }
            else
            {
                HasChanged = true;
                writer.WriteStringValue(redacted);
            }
        }
    }
}
