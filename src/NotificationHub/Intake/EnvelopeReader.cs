using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using NotificationHub.Storage;

namespace NotificationHub.Intake;

/// <summary>The members that the intake needs, in UTF-8. They refer to the body unless they contain escapes.</summary>
/// <param name="Error">Why the body is not a notification; null if it is one.</param>
internal readonly record struct Envelope(
    ReadOnlyMemory<byte> NotificationId,
    ReadOnlyMemory<byte> NotificationType,
    ReadOnlyMemory<byte> UId,
    string? Error
);

// Reads the members of the outermost object. Everything else must only be valid JSON.
internal static class EnvelopeReader
{
    private const int MaxMemberBytes = 512;

    private static readonly JsonReaderOptions Format = new() { MaxDepth = NotificationLog.MaxDepth };

    private static readonly SearchValues<byte> ControlBytes = SearchValues.Create([
        .. Enumerable.Range(0, 32).Select(value => (byte)value),
        127,
    ]);

    public static Envelope Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            return ReadObject(body);
        }
        catch (JsonException exception)
        {
            // The exception's message contains text from the body, so report the position instead.
            return Invalid(
                $"the body is not JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}"
                    + (
                        exception.Message.Contains("maximum configured depth", StringComparison.OrdinalIgnoreCase)
                            ? $": nested deeper than {NotificationLog.MaxDepth}"
                            : ""
                    )
            );
        }
        catch (InvalidOperationException)
        {
            return Invalid("a string of the envelope contains an escape that is not a Unicode character");
        }
    }

    private static Envelope ReadObject(ReadOnlyMemory<byte> body)
    {
        body = ByteOrderMark.Skip(body);
        if (body.IsEmpty)
        {
            return Invalid("the body is empty");
        }

        if (!Utf8.IsValid(body.Span))
        {
            return Invalid("the body is not UTF-8");
        }

        var reader = new Utf8JsonReader(body.Span, Format);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            // Read to the end: if the body is not valid JSON, that is the better message.
            while (reader.Read()) { }

            return Invalid("the body is not a JSON object");
        }

        var members = default(Members);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            members.ReadOne(ref reader, body);
        }

        // Throws if anything follows the object.
        reader.Read();
        return members.ToEnvelope();
    }

    private static Envelope Invalid(string error) => new(default, default, default, error);

    private ref struct Members
    {
        private ReadOnlyMemory<byte>? notificationId;
        private ReadOnlyMemory<byte>? notificationType;
        private ReadOnlyMemory<byte>? uId;
        private string? error;

        public void ReadOne(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
        {
            if (reader.ValueTextEquals("notificationId"u8))
            {
                Take(ref notificationId, "notificationId", ref reader, body, allowNumber: false);
            }
            else if (reader.ValueTextEquals("notificationType"u8))
            {
                Take(ref notificationType, "notificationType", ref reader, body, allowNumber: false);
            }
            else if (reader.ValueTextEquals("uId"u8))
            {
                Take(ref uId, "uId", ref reader, body, allowNumber: true);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        public readonly Envelope ToEnvelope()
        {
            var missing =
                error
                ?? (notificationId is not { IsEmpty: false } ? "notificationId is missing or empty" : null)
                ?? (notificationType is not { IsEmpty: false } ? "notificationType is missing or empty" : null);
            return missing is null
                ? new Envelope(notificationId!.Value, notificationType!.Value, uId ?? default, null)
                : Invalid(missing);
        }

        private void Take(
            ref ReadOnlyMemory<byte>? member,
            string name,
            ref Utf8JsonReader reader,
            ReadOnlyMemory<byte> body,
            bool allowNumber
        )
        {
            if (member is not null)
            {
                error ??= $"{name} occurs twice";
            }

            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.Null:
                    return;
                case JsonTokenType.String:
                    member = ReadText(ref reader, body);
                    break;
                case JsonTokenType.Number when allowNumber:
                    member = Slice(ref reader, body, quotes: 0);
                    break;
                default:
                    error ??= $"{name} is not a string";
                    reader.Skip();
                    return;
            }

            if (member.Value.Length > MaxMemberBytes)
            {
                error ??= $"{name} is longer than {MaxMemberBytes} bytes";
            }
            else if (member.Value.Span.ContainsAny(ControlBytes))
            {
                error ??= $"{name} contains a control character";
            }
        }

        private static ReadOnlyMemory<byte> ReadText(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
        {
            if (!reader.ValueIsEscaped)
            {
                return Slice(ref reader, body, quotes: 1);
            }

            var unescaped = new byte[reader.ValueSpan.Length];
            return unescaped.AsMemory(0, reader.CopyString(unescaped));
        }

        private static ReadOnlyMemory<byte> Slice(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, int quotes) =>
            body.Slice((int)reader.TokenStartIndex + quotes, reader.ValueSpan.Length);
    }
}
