using System.Text;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus.Amqp;

namespace NotificationHub.Tests.Publishing.ServiceBus.Amqp;

public sealed class AmqpSizeTests
{
    public static TheoryData<int, string, string?> Messages { get; } =
        new()
        {
            { 0, "1", null },
            { 442, "1-1234567", "a4b6f5bd-0001-4000-8000-000000000000" },
            { 190_000, new string('9', 128), new string('ä', 128) },
        };

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_is_never_reckoned_smaller_than_it_is_encoded(int body, string id, string? correlationId)
    {
        var message = new TopicMessage(
            id,
            id,
            "notificationhub.asset.count.notified.v1",
            correlationId,
            new byte[body],
            Enumerable.Range(0, 9).ToDictionary(n => $"property{n}", n => new string('\u20ac', n * 14))
        );

        var encoded = Encode(message);

        var reckoned = AmqpSize.Of(message);
        reckoned.ShouldBeGreaterThanOrEqualTo(encoded);
        (reckoned - encoded).ShouldBeLessThan(400, "batches should not be left half empty");
    }

    /// <summary>
    /// The bytes of https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-messaging-v1.0-os.html, each type in its widest form,
    /// with the properties that the SDK adds for tracing.
    /// </summary>
    private static int Encode(TopicMessage message)
    {
        const int descriptor = 3;
        const int listOrMap = 9;
        const int unset = 1;
        string?[] properties =
        [
            message.MessageId,
            null, // user-id
            null, // to
            message.Label,
            null, // reply-to
            message.CorrelationId,
            "application/cloudevents+json",
            null, // content-encoding
            null, // absolute-expiry-time
            null, // creation-time
            message.SessionId,
        ];
        const string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        string[] application =
        [
            .. message.Properties.SelectMany(pair => (string[])[pair.Key, pair.Value]),
            "Diagnostic-Id",
            traceparent,
            "traceparent",
            traceparent,
        ];
        var sections =
            descriptor
            + listOrMap
            + properties.Sum(text => text is null ? unset : Wide(text))
            + descriptor
            + listOrMap
            + application.Sum(Wide)
            + descriptor
            + Heading
            + message.Body.Length;
        return descriptor + Heading + sections;
    }

    private const int Heading = 5;

    private static int Wide(string text) => Heading + Encoding.UTF8.GetByteCount(text);
}
