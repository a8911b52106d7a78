using System.Globalization;
using System.Text.Json;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>Reads the object <c>BrokerProperties</c> of a batch, or of the header of a single message.</summary>
internal sealed class BrokerProperties
{
    private const int MaxIdLength = 128;

    private string? messageId;
    private string? sessionId;
    private string? partitionKey;
    private string? label;
    private string? correlationId;
    private string? to;
    private string? replyTo;
    private string? replyToSessionId;
    private TimeSpan? timeToLive;

    /// <summary>Reads from the object's start to its end.</summary>
    public static BrokerProperties Read(ref Utf8JsonReader reader)
    {
        JsonShape.Expect(ref reader, JsonTokenType.StartObject, "BrokerProperties");
        var properties = new BrokerProperties();
        while (JsonShape.NextMember(ref reader) is { } name)
        {
            properties.Set(name, ref reader);
        }

        properties.Validate();
        return properties;
    }

    public BusMessage ToMessage(byte[] body, IReadOnlyDictionary<string, object> properties, DateTimeOffset now) =>
        new()
        {
            MessageId = messageId ?? Guid.NewGuid().ToString("N"),
            SessionId = sessionId,
            PartitionKey = partitionKey,
            Label = label,
            CorrelationId = correlationId,
            To = to,
            ReplyTo = replyTo,
            ReplyToSessionId = replyToSessionId,
            TimeToLive = timeToLive,
            Body = body,
            Properties = properties,
            EnqueuedAt = now,
        };

    private void Set(string name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "MessageId":
                messageId = Id(ref reader, name);
                break;
            case "SessionId":
                sessionId = Id(ref reader, name);
                break;
            case "PartitionKey":
                partitionKey = Id(ref reader, name);
                break;
            case "ReplyToSessionId":
                replyToSessionId = Id(ref reader, name);
                break;
            case "CorrelationId":
                correlationId = Id(ref reader, name);
                break;
            case "Label":
                label = JsonShape.String(ref reader, name);
                break;
            case "To":
                to = JsonShape.String(ref reader, name);
                break;
            case "ReplyTo":
                replyTo = JsonShape.String(ref reader, name);
                break;
            case "TimeToLive":
                timeToLive = Positive(Seconds(JsonShape.Number(ref reader, name)), name);
                break;
            case "TimeToLiveTimeSpan":
                timeToLive = Positive(Span(JsonShape.String(ref reader, name)), name);
                break;
            case "ScheduledEnqueueTimeUtc":
                throw ServiceBusRefusal.Malformed("ScheduledEnqueueTimeUtc is not simulated.");
            default:
                reader.Skip();
                break;
        }
    }

    private void Validate()
    {
        if (sessionId is not null && partitionKey is not null && sessionId != partitionKey)
        {
            throw ServiceBusRefusal.Malformed("PartitionKey differs from SessionId.");
        }
    }

    private static string? Id(ref Utf8JsonReader reader, string name)
    {
        var value = JsonShape.String(ref reader, name);
        return value is null or { Length: > 0 and <= MaxIdLength }
            ? value
            : throw ServiceBusRefusal.Malformed(
                $"{name} has {value.Length} characters; it must have 1 to {MaxIdLength}."
            );
    }

    private static TimeSpan Seconds(double seconds) =>
        seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;

    private static TimeSpan Span(string? text) =>
        TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span)
            ? span
            : throw ServiceBusRefusal.Malformed("TimeToLiveTimeSpan is not a time span.");

    private static TimeSpan Positive(TimeSpan span, string name) =>
        span > TimeSpan.Zero ? span : throw ServiceBusRefusal.Malformed($"{name} is not positive.");
}
