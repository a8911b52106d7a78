using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace NotificationHub.Intake;

/// <summary>What the intake needs of a post: UTF-8, pointing into the body where nothing was escaped.</summary>
/// <param name="NotificationId">Apple's id of the notification: opaque.</param>
/// <param name="NotificationType">Which shape the notification has; any is taken.</param>
/// <param name="UId">The location's id at Apple; empty where the post has none.</param>
/// <param name="Fault">Why the body is no notification; null where it is one.</param>
internal readonly record struct Envelope(
    ReadOnlyMemory<byte> NotificationId,
    ReadOnlyMemory<byte> NotificationType,
    ReadOnlyMemory<byte> UId,
    string? Fault
);

/// <summary>Reads the members of the outermost object; everything else is only checked to be JSON.</summary>
internal static class EnvelopeReader
{
    private const int MaxMemberBytes = 512;

    private static readonly SearchValues<byte> ControlBytes = SearchValues.Create([
        .. Enumerable.Range(0, 32).Select(value => (byte)value),
        127,
    ]);

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public static Envelope Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            return ReadObject(body);
        }
        catch (JsonException exception)
        {
            // The message quotes a character at most; positions are what helps.
            return Faulty(
                $"the body is not JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}"
                    + (
                        exception.Message.Contains("maximum configured depth", StringComparison.OrdinalIgnoreCase)
                            ? ": nested deeper than 64"
                            : ""
                    )
            );
        }
        catch (InvalidOperationException)
        {
            return Faulty("a string of the envelope holds an escape that is no Unicode character");
        }
    }

    private static Envelope ReadObject(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith(ByteOrderMark))
        {
            body = body[ByteOrderMark.Length..];
        }

        if (body.IsEmpty)
        {
            return Faulty("the body is empty");
        }

        if (!Utf8.IsValid(body.Span))
        {
            return Faulty("the body is not UTF-8");
        }

        var reader = new Utf8JsonReader(body.Span);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            // Read to the end all the same: what is not JSON at all is to be called that.
            while (reader.Read()) { }

            return Faulty("the body is not a JSON object");
        }

        var members = default(Members);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            members.ReadOne(ref reader, body);
        }

        // Whatever follows the object is refused by the reader.
        reader.Read();
        return members.ToEnvelope();
    }

    private static Envelope Faulty(string fault) => new(default, default, default, fault);

    private ref struct Members
    {
        private ReadOnlyMemory<byte>? notificationId;
        private ReadOnlyMemory<byte>? notificationType;
        private ReadOnlyMemory<byte>? uId;
        private string? fault;

        public void ReadOne(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
        {
            if (reader.ValueTextEquals("notificationId"u8))
            {
                Take(ref notificationId, "notificationId", ref reader, body, numberToo: false);
            }
            else if (reader.ValueTextEquals("notificationType"u8))
            {
                Take(ref notificationType, "notificationType", ref reader, body, numberToo: false);
            }
            else if (reader.ValueTextEquals("uId"u8))
            {
                Take(ref uId, "uId", ref reader, body, numberToo: true);
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
                fault
                ?? (notificationId is not { IsEmpty: false } ? "notificationId is missing or empty" : null)
                ?? (notificationType is not { IsEmpty: false } ? "notificationType is missing or empty" : null);
            return missing is null
                ? new Envelope(notificationId!.Value, notificationType!.Value, uId ?? default, null)
                : Faulty(missing);
        }

        private void Take(
            ref ReadOnlyMemory<byte>? member,
            string name,
            ref Utf8JsonReader reader,
            ReadOnlyMemory<byte> body,
            bool numberToo
        )
        {
            if (member is not null)
            {
                fault ??= $"{name} occurs twice";
            }

            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.Null:
                    return;
                case JsonTokenType.String:
                    member = Text(ref reader, body);
                    break;
                case JsonTokenType.Number when numberToo:
                    member = Slice(ref reader, body, quotes: 0);
                    break;
                default:
                    fault ??= $"{name} is not a string";
                    reader.Skip();
                    return;
            }

            if (member.Value.Length > MaxMemberBytes)
            {
                fault ??= $"{name} is longer than {MaxMemberBytes} bytes";
            }
            else if (member.Value.Span.ContainsAny(ControlBytes))
            {
                fault ??= $"{name} holds a control character";
            }
        }

        private static ReadOnlyMemory<byte> Text(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
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
