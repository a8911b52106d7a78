using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NotificationHub.Erasure;

/// <summary>Takes a person or a device out of stored JSON, which stays JSON of the same shape. Pure.</summary>
internal static partial class JsonRedaction
{
    private static readonly JsonWriterOptions Format = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        // A member twice in an object comes through as it was.
        SkipValidation = true,
    };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static ReadOnlySpan<byte> Nothing => """{"purged":true}"""u8;

    /// <summary>The bytes without them; null where they are not in it.</summary>
    public static byte[]? Redact(byte[] stored, PersonalIdentifiers identifiers)
    {
        try
        {
            if (!identifiers.MayBeIn(stored))
            {
                return MayBeWide(stored) ? RedactOpaque(stored, identifiers) : null;
            }

            using var document = Parse(stored);
            var output = new ArrayBufferWriter<byte>(stored.Length);
            using var writer = new Utf8JsonWriter(output, Format);
            var rewriting = new Rewriting(identifiers, writer);
            rewriting.Write(document.RootElement, member: null, ofThem: false);
            writer.Flush();
            return rewriting.HasChanged ? output.WrittenSpan.ToArray() : null;
        }
        // The second one is an escape that is half a character.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return RedactOpaque(stored, identifiers);
        }
    }

    /// <summary>Notes what else is said of who it is.</summary>
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
            // What is no JSON goes whole, if it names them.
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> stored) =>
        JsonDocument.Parse(stored.Span.StartsWith(ByteOrderMark) ? stored[ByteOrderMark.Length..] : stored);

    /// <summary>UTF-16 has a zero in each Latin letter; JSON in UTF-8 has none.</summary>
    private static bool MayBeWide(ReadOnlySpan<byte> stored) => stored.Contains((byte)0);

    // Where a name begins and ends in it cannot be told.
    private static byte[]? RedactOpaque(byte[] stored, PersonalIdentifiers identifiers) =>
        new[] { Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode }.Any(encoding =>
            identifiers.AreIn(Unescaped(encoding.GetString(stored)))
        )
            ? Nothing.ToArray()
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

    private sealed class Rewriting(PersonalIdentifiers identifiers, Utf8JsonWriter writer)
    {
        public bool HasChanged { get; private set; }

        /// <param name="member">The member whose value it is, also through arrays.</param>
        /// <param name="ofThem">It lies in an object of theirs: then whatever says something goes.</param>
        public void Write(JsonElement json, string? member, bool ofThem)
        {
            switch (json.ValueKind)
            {
                case JsonValueKind.Object:
                    WriteObject(json, ofThem || PersonalMembers.AreOf(json, identifiers));
                    break;
                case JsonValueKind.Array:
                    writer.WriteStartArray();
                    foreach (var item in json.EnumerateArray())
                    {
                        Write(item, member, ofThem);
                    }

                    writer.WriteEndArray();
                    break;
                case JsonValueKind.String or JsonValueKind.Number when !PersonalMembers.IsImpersonal(member):
                    WriteText(json, PersonalMembers.TextOf(json)!, member, ofThem);
                    break;
                default:
                    json.WriteTo(writer);
                    break;
            }
        }

        private void WriteObject(JsonElement json, bool ofThem)
        {
            writer.WriteStartObject();
            foreach (var member in json.EnumerateObject())
            {
                var isName = identifiers.IsOne(member.Name);
                HasChanged |= isName;
                writer.WritePropertyName(isName ? PersonalIdentifiers.Erased : member.Name);
                Write(member.Value, member.Name, ofThem);
            }

            writer.WriteEndObject();
        }

        private void WriteText(JsonElement json, string text, string? member, bool ofThem)
        {
            var isNumber = json.ValueKind == JsonValueKind.Number;
            var redacted =
                ofThem || (identifiers.IsOne(text) && (!isNumber || PersonalMembers.AreNames(member)))
                    ? PersonalIdentifiers.Erased
                : isNumber || PersonalMembers.AreNames(member) ? text
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
