using System.Collections;
using System.Text;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;

namespace NotificationHub.LocalBus;

/// <summary>Splits an encoded message into its sections.</summary>
internal sealed class MessageDecoder
{
    /// <summary>A message whose data sections are messages.</summary>
    public const uint BatchFormat = 0x80013700;

    private const ulong Header = 0x70;
    private const ulong MessageAnnotations = 0x72;
    private const ulong PropertiesSection = 0x73;
    private const ulong ApplicationProperties = 0x74;
    private const ulong Data = 0x75;
    private const ulong Value = 0x77;
    private const ulong Footer = 0x78;

    private readonly List<ArraySegment<byte>> data = [];
    private readonly Dictionary<string, object> annotations = [];
    private readonly Dictionary<string, object> applicationProperties = [];
    private IList header = Array.Empty<object>();
    private IList properties = Array.Empty<object>();
    private ArraySegment<byte> encodedProperties = ArraySegment<byte>.Empty;
    private ArraySegment<byte> encodedApplicationProperties = ArraySegment<byte>.Empty;
    private ArraySegment<byte> encodedBody = ArraySegment<byte>.Empty;
    private object? value;

    private MessageDecoder(ArraySegment<byte> encoded)
    {
        var buffer = new ByteBuffer(encoded.Array, encoded.Offset, encoded.Count);
        while (buffer.Length > 0)
        {
            var start = buffer.Offset;
            if (AmqpEncoding.DecodeObject(buffer) is not DescribedType { Descriptor: ulong code } section)
            {
                throw Invalid("A section has no numeric descriptor.");
            }

            Add(code, section.Value, encoded, start - encoded.Offset, buffer.Offset - start);
        }
    }

    /// <summary>Decodes one transfer: a message or a batch.</summary>
    public static List<BusMessage> Decode(ArraySegment<byte> encoded, uint? format)
    {
        try
        {
            return format == BatchFormat
                ? [.. new MessageDecoder(encoded).data.Select(message => Decode(message.ToArray()))]
                : [Decode(encoded)];
        }
        catch (Exception e) when (e is not AmqpException)
        {
            throw Invalid("The message cannot be decoded.");
        }
    }

    public static BusMessage Decode(ArraySegment<byte> encoded) => new MessageDecoder(encoded).ToMessage();

    private static AmqpException Invalid(string detail) => new("amqp:decode-error", detail);

    private void Add(ulong code, object content, ArraySegment<byte> encoded, int start, int length)
    {
        switch (code)
        {
            case Header:
                header = (IList)content;
                break;
            case MessageAnnotations:
                Fill(annotations, content);
                break;
            case PropertiesSection:
                properties = (IList)content;
                encodedProperties = encoded.Slice(start, length);
                break;
            case ApplicationProperties:
                Fill(applicationProperties, content);
                encodedApplicationProperties = encoded.Slice(start, length);
                break;
            case >= Data and <= Footer:
                encodedBody = encodedBody.Count == 0 ? encoded[start..] : encodedBody;
                if (code == Data)
                {
                    data.Add((ArraySegment<byte>)content);
                }
                else if (code == Value)
                {
                    value = content;
                }

                break;
        }
    }

    private static void Fill(Dictionary<string, object> target, object content)
    {
        foreach (var (key, item) in (AmqpMap)content)
        {
            target[key.Key.ToString()!] = item;
        }
    }

    private BusMessage ToMessage() =>
        new()
        {
            MessageId = Property(0) ?? "",
            To = Property(2),
            Subject = Property(3),
            ReplyTo = Property(4),
            CorrelationId = Property(5),
            ContentType = Property(6),
            SessionId = Property(10),
            ReplyToSessionId = Property(12),
            PartitionKey = annotations.GetValueOrDefault("x-opt-partition-key")?.ToString(),
            TimeToLive = Item(header, 2) is uint milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null,
            ScheduledAt = annotations.GetValueOrDefault(MessageEncoder.ScheduledEnqueueTime) is DateTime at
                ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc))
                : null,
            Body = Body(),
            Properties = applicationProperties,
            Sections = new MessageSections(
                Item(header, 0) as bool?,
                Item(header, 1) as byte?,
                annotations,
                encodedProperties,
                encodedApplicationProperties,
                encodedBody
            ),
        };

    private ReadOnlyMemory<byte> Body() =>
        (data, value) switch
        {
            ([var single], _) => single,
            ([_, ..], _) => data.SelectMany(part => part).ToArray(),
            (_, string text) => Encoding.UTF8.GetBytes(text),
            (_, ArraySegment<byte> bytes) => bytes,
            _ => ReadOnlyMemory<byte>.Empty,
        };

    private string? Property(int index) => Item(properties, index)?.ToString();

    private static object? Item(IList list, int index) => index < list.Count ? list[index] : null;
}
