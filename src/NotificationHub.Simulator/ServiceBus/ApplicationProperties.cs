using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>Reads and judges what senders attach to a message for its subscribers to filter on.</summary>
internal static class ApplicationProperties
{
    private const int MaxValueBytes = 32 * 1024;
    private const int MaxHeaderBytes = 64 * 1024;

    // Receivers get them as HTTP headers.
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    );

    /// <summary>Reads the object <c>UserProperties</c> of a batch.</summary>
    public static Dictionary<string, object> Read(ref Utf8JsonReader reader)
    {
        JsonShape.Expect(ref reader, JsonTokenType.StartObject, "UserProperties");
        var properties = new Dictionary<string, object>();
        while (JsonShape.NextMember(ref reader) is { } name)
        {
            Add(properties, name, Value(ref reader, name));
        }

        return properties;
    }

    /// <summary>Reads a header of a single message: a quoted string, a number or a bool.</summary>
    public static object FromHeader(string name, string text)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            reader.Read();
            return Value(ref reader, name);
        }
        catch (JsonException)
        {
            throw ServiceBusRefusal.Malformed(
                $"The property {name} is neither a quoted string nor a number nor a bool."
            );
        }
    }

    public static void Add(Dictionary<string, object> properties, string name, object value)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(NameCharacters))
        {
            throw ServiceBusRefusal.Malformed($"'{name}' cannot be the name of a property.");
        }

        if (!properties.TryAdd(name, value))
        {
            throw ServiceBusRefusal.Malformed($"The property {name} is given twice.");
        }
    }

    /// <summary>Holds the message's whole header against Service Bus's quotas; returns its size.</summary>
    public static int MeasureHeader(BusMessage message)
    {
        var total =
            Bytes(message.MessageId) + Bytes(message.SessionId) + Bytes(message.Label) + Bytes(message.CorrelationId);
        foreach (var (name, value) in message.Properties)
        {
            var size = Bytes(Convert.ToString(value, CultureInfo.InvariantCulture));
            if (size > MaxValueBytes)
            {
                throw ServiceBusRefusal.Malformed($"The property {name} is longer than {MaxValueBytes} bytes.");
            }

            total += Bytes(name) + size;
        }

        return total <= MaxHeaderBytes
            ? total
            : throw ServiceBusRefusal.Malformed($"The properties are longer than {MaxHeaderBytes} bytes together.");
    }

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);

    private static object Value(ref Utf8JsonReader reader, string name) =>
        reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.Number => reader.TryGetInt64(out var number) ? number : reader.GetDouble(),
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            _ => throw ServiceBusRefusal.Malformed($"The property {name} is a {reader.TokenType}."),
        };
}
