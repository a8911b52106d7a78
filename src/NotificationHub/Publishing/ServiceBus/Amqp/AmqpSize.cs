using System.Text;

namespace NotificationHub.Publishing.ServiceBus.Amqp;

/// <summary>The most bytes that a message takes in a batch over AMQP, reckoned without the SDK that encodes it.</summary>
internal static class AmqpSize
{
    /// <summary>What the message around the batch takes: it repeats the first one's ids, of 128 characters at most.</summary>
    public const int Envelope = 1024;

    /// <summary>
    /// The headings of a message's sections and of the data section that holds it, at their widest, and the two properties that
    /// the SDK may add for tracing.
    /// </summary>
    private const int Frame = 320;

    /// <summary>A string's type and length, at their widest.</summary>
    private const int Heading = 5;

    public static int Of(TopicMessage message)
    {
        var size =
            Frame
            + message.Body.Length
            + Of(message.MessageId)
            + Of(message.SessionId)
            + Of(message.Label)
            + Of(message.CorrelationId ?? "");
        foreach (var (name, value) in message.Properties)
        {
            size += Of(name) + Of(value);
        }

        return size;
    }

    private static int Of(string text) => Heading + Encoding.UTF8.GetByteCount(text);
}
