using System.Text;
using Azure.Messaging.ServiceBus;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>An upper limit for the size of an encoded message. To compute it costs far less than to encode the message.</summary>
internal static class MessageSize
{
    /// <summary>The batch repeats the IDs of its first message.</summary>
    public const int BatchOverhead = 1024;

    // The sections of a message, its empty properties, and its entry in the batch.
    private const int Overhead = 80;

    private const int LongestShortText = byte.MaxValue;

    /// <summary>The bytes that the message adds to a batch, at most.</summary>
    /// <param name="message">A message whose application properties are texts.</param>
    public static long Max(ServiceBusMessage message)
    {
        var size =
            Overhead
            + (long)message.Body.ToMemory().Length
            + SizeOf(message.MessageId)
            + SizeOf(message.SessionId)
            + SizeOf(message.CorrelationId)
            + SizeOf(message.Subject)
            + SizeOf(message.ContentType);
        foreach (var (name, value) in message.ApplicationProperties)
        {
            size += SizeOf(name) + SizeOf((string)value);
        }

        return size;
    }

    private static long SizeOf(string? text)
    {
        var bytes = text is null ? 0 : Encoding.UTF8.GetByteCount(text);
        return bytes + (bytes <= LongestShortText ? 2 : 5);
    }
}
