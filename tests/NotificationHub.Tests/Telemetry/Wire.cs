using System.Text;

namespace NotificationHub.Tests.Telemetry;

/// <summary>One field of a message in Protocol Buffers' encoding.</summary>
/// <param name="Value">The value of a number.</param>
/// <param name="Bytes">The bytes of a text or a message.</param>
internal readonly record struct WireField(int Number, ulong Value, ReadOnlyMemory<byte> Bytes);

/// <summary>Reads Protocol Buffers by field numbers, as far as OTLP requires.</summary>
internal static class Wire
{
    public static IReadOnlyList<WireField> Read(ReadOnlyMemory<byte> message)
    {
        List<WireField> fields = [];
        var at = 0;
        while (at < message.Length)
        {
            var key = ReadNumber(message.Span, ref at);
            var number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    fields.Add(new(number, ReadNumber(message.Span, ref at), default));
                    break;
                case 2:
                    var length = (int)ReadNumber(message.Span, ref at);
                    fields.Add(new(number, 0, message.Slice(at, length)));
                    at += length;
                    break;
                case var fixedLength:
                    at += fixedLength == 1 ? 8 : 4;
                    break;
            }
        }

        return fields;
    }

    /// <summary>The messages at a path of field numbers.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> At(this ReadOnlyMemory<byte> message, params int[] path) =>
        path.Aggregate<int, IEnumerable<ReadOnlyMemory<byte>>>(
            [message],
            (messages, number) =>
                messages.SelectMany(one =>
                    Read(one).Where(field => field.Number == number).Select(field => field.Bytes)
                )
        );

    public static string TextAt(this ReadOnlyMemory<byte> message, params int[] path) =>
        string.Concat(message.At(path).Select(bytes => Encoding.UTF8.GetString(bytes.Span)));

    public static string HexAt(this ReadOnlyMemory<byte> message, int number) =>
        string.Concat(message.At(number).Select(bytes => Convert.ToHexStringLower(bytes.Span)));

    private static ulong ReadNumber(ReadOnlySpan<byte> bytes, ref int at)
    {
        var number = 0UL;
        var shift = 0;
        byte next;
        do
        {
            next = bytes[at++];
            number |= (ulong)(next & 0x7f) << shift;
            shift += 7;
        } while (next >= 0x80);

        return number;
    }
}
