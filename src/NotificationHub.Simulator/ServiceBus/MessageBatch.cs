using System.Text.Json;
using System.Text.Unicode;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>Reads a body of the media type <see cref="MediaType"/>: an array of messages, taken or refused as a whole.</summary>
internal static class MessageBatch
{
    public const string MediaType = "application/vnd.microsoft.servicebus.json";

    public static List<BusMessage> Read(ReadOnlySpan<byte> body, int maxMessageBytes, DateTimeOffset now)
    {
        if (!Utf8.IsValid(body))
        {
            throw ServiceBusRefusal.Malformed("The batch is not UTF-8.");
        }

        try
        {
            var messages = ReadArray(new Utf8JsonReader(body), now);
            foreach (var message in messages)
            {
                CheckSize(message, maxMessageBytes);
            }

            return messages.Count > 0 ? messages : throw ServiceBusRefusal.Malformed("The batch is empty.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // GetString and CopyString complain of lone surrogates with the latter.
            throw ServiceBusRefusal.Malformed("The batch is not JSON: " + e.Message);
        }
    }

    public static void CheckSize(BusMessage message, int maxMessageBytes)
    {
        var size = message.Body.Length + ApplicationProperties.MeasureHeader(message);
        if (size > maxMessageBytes)
        {
            throw new ServiceBusRefusal(
                403,
                $"A message of {size} bytes is larger than the {maxMessageBytes} allowed."
            );
        }
    }

    private static List<BusMessage> ReadArray(Utf8JsonReader reader, DateTimeOffset now)
    {
        reader.Read();
        JsonShape.Expect(ref reader, JsonTokenType.StartArray, "The batch");
        var messages = new List<BusMessage>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            messages.Add(ReadMessage(ref reader, now));
        }

        reader.Read();
        return messages;
    }

    private static BusMessage ReadMessage(ref Utf8JsonReader reader, DateTimeOffset now)
    {
        JsonShape.Expect(ref reader, JsonTokenType.StartObject, "A message of the batch");
        byte[]? body = null;
        var broker = new BrokerProperties();
        var properties = new Dictionary<string, object>();
        while (JsonShape.NextMember(ref reader) is { } name)
        {
            switch (name)
            {
                case "Body":
                    body = JsonShape.Utf8(ref reader, name);
                    break;
                case "BrokerProperties":
                    broker = BrokerProperties.Read(ref reader);
                    break;
                case "UserProperties":
                    properties = ApplicationProperties.Read(ref reader);
                    break;
                default:
                    // Service Bus passes over what it does not know, and with it over what the sender meant.
                    throw ServiceBusRefusal.Malformed($"A message of the batch has the unknown member {name}.");
            }
        }

        return broker.ToMessage(body ?? throw ServiceBusRefusal.Malformed("A message has no Body."), properties, now);
    }
}
