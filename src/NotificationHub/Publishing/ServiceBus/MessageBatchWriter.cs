using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>Writes messages in the JSON that Service Bus takes in batches.</summary>
/// <remarks>See https://learn.microsoft.com/rest/api/servicebus/send-message-batch.</remarks>
internal sealed class MessageBatchWriter : IResettable, IDisposable
{
    public const string MediaType = "application/vnd.microsoft.servicebus.json";

    // An event is escaped text in here: the default encoder would write \u0022 for each of its quotes.
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private static readonly JsonEncodedText Body = JsonEncodedText.Encode("Body");
    private static readonly JsonEncodedText BrokerProperties = JsonEncodedText.Encode("BrokerProperties");
    private static readonly JsonEncodedText UserProperties = JsonEncodedText.Encode("UserProperties");
    private static readonly JsonEncodedText MessageId = JsonEncodedText.Encode("MessageId");
    private static readonly JsonEncodedText SessionId = JsonEncodedText.Encode("SessionId");
    private static readonly JsonEncodedText Label = JsonEncodedText.Encode("Label");
    private static readonly JsonEncodedText CorrelationId = JsonEncodedText.Encode("CorrelationId");

    /// <summary>The bytes around the values of a message that has neither a correlation nor properties.</summary>
    private static readonly int Frame =
        """{"Body":,"BrokerProperties":{"MessageId":,"SessionId":,"Label":},"UserProperties":{}}""".Length;

    private static readonly int CorrelationFrame = ",\"CorrelationId\":".Length;

    /// <summary>The colon and the comma, of which the last property has none.</summary>
    private const int PropertyFrame = 2;

    private readonly ArrayBufferWriter<byte> buffer = new();
    private readonly Utf8JsonWriter writer;

    public MessageBatchWriter() => writer = new Utf8JsonWriter(buffer, Options);

    /// <summary>The batch's JSON; valid until the writer is used again.</summary>
    public ReadOnlyMemory<byte> Write(IReadOnlyList<TopicMessage> batch)
    {
        writer.WriteStartArray();
        foreach (var message in batch)
        {
            Write(message);
        }

        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>The bytes of one message's JSON.</summary>
    public int Measure(TopicMessage message) => MeasurePlain(message) ?? MeasureWritten(message);

    // Each message is measured before it is written: that must not cost a second encoding of it.
    private static int? MeasurePlain(TopicMessage message)
    {
        var size =
            Frame
            + EscapedLength.Of(message.Body.Span)
            + EscapedLength.Of(message.MessageId)
            + EscapedLength.Of(message.SessionId)
            + EscapedLength.Of(message.Label);
        if (message.CorrelationId is { } correlationId)
        {
            size += CorrelationFrame + EscapedLength.Of(correlationId);
        }

        foreach (var (name, value) in message.Properties)
        {
            size += EscapedLength.Of(name) + EscapedLength.Of(value) + PropertyFrame;
        }

        return message.Properties.Count == 0 ? size : size - 1;
    }

    private int MeasureWritten(TopicMessage message)
    {
        Write(message);
        writer.Flush();
        return buffer.WrittenCount;
    }

    public bool TryReset()
    {
        buffer.ResetWrittenCount();
        writer.Reset();
        return true;
    }

    public void Dispose() => writer.Dispose();

    private void Write(TopicMessage message)
    {
        writer.WriteStartObject();
        writer.WriteString(Body, message.Body.Span);
        writer.WriteStartObject(BrokerProperties);
        writer.WriteString(MessageId, message.MessageId);
        writer.WriteString(SessionId, message.SessionId);
        writer.WriteString(Label, message.Label);
        if (message.CorrelationId is { } correlationId)
        {
            writer.WriteString(CorrelationId, correlationId);
        }

        writer.WriteEndObject();
        writer.WriteStartObject(UserProperties);
        foreach (var (name, value) in message.Properties)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
