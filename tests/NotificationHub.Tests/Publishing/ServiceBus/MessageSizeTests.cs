using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

/// <summary>The limit of the size, compared with the size that the SDK finds by encoding the messages.</summary>
public sealed class MessageSizeTests : IAsyncLifetime
{
    private LocalServiceBus bus = null!;
    private ServiceBusClient client = null!;

    public async ValueTask InitializeAsync()
    {
        bus = await LocalServiceBus.StartAsync();
        client = new ServiceBusClient(bus.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await bus.DisposeAsync();
    }

    [Fact]
    public async Task A_batch_is_never_larger_and_little_smaller_than_the_limit()
    {
        await using var sender = client.CreateSender("assets");
        var random = new Random(16);
        for (var round = 0; round < 200; round++)
        {
            using var batch = await sender.CreateMessageBatchAsync();
            ServiceBusMessage[] messages = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => Message(random))];
            messages.ShouldAllBe(message => batch.TryAddMessage(message));

            var limit = messages.Sum(MessageSize.Max);

            batch.SizeInBytes.ShouldBeLessThanOrEqualTo(limit + MessageSize.BatchOverhead);
            limit.ShouldBeLessThanOrEqualTo(batch.SizeInBytes + (60 * messages.Length));
        }
    }

    private static ServiceBusMessage Message(Random random)
    {
        var message = new ServiceBusMessage(new byte[random.Next(0, 3) * random.Next(0, 5_000)])
        {
            MessageId = Text(random),
            SessionId = Text(random),
            Subject = Text(random),
            ContentType = "application/cloudevents+json",
            CorrelationId = random.Next(2) == 0 ? null : Text(random),
        };
        for (var count = random.Next(0, 12); count > 0; count--)
        {
            message.ApplicationProperties[$"property{count}"] = Text(random);
        }

        return message;
    }

    // Up to the hub's limit of 128 characters, each of one to three bytes.
    private static string Text(Random random) => new("aé中"[random.Next(3)], random.Next(1, 129));
}
