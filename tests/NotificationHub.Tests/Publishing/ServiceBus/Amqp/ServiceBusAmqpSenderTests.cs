using Azure.Messaging.ServiceBus;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Publishing.ServiceBus.Amqp;

namespace NotificationHub.Tests.Publishing.ServiceBus.Amqp;

/// <summary>Compiled with <c>-p:ServiceBusSdk=true</c> alone, as what it tests.</summary>
public sealed class ServiceBusAmqpSenderTests
{
    private static readonly TopicMessage Message = new(
        "1-7",
        "euymam2icmymo32l",
        "notificationhub.asset.changed.v1",
        "event-1",
        "{}"u8.ToArray(),
        new Dictionary<string, string> { ["audience"] = "all", ["adamId"] = "408709785" }
    );

    private readonly ManualClock clock = new();
    private readonly ServiceBusOptions options = new();

    [Fact]
    public async Task A_message_is_mapped_whole()
    {
        var client = new FakeClient();

        await Sender(client).SendAsync("assets", [Message], CancellationToken.None);

        var sent = client.Sent["assets"].ShouldHaveSingleItem();
        (sent.MessageId, sent.SessionId, sent.Subject, sent.CorrelationId).ShouldBe(
            ("1-7", "euymam2icmymo32l", "notificationhub.asset.changed.v1", "event-1")
        );
        sent.Body.ToString().ShouldBe("{}");
        sent.ContentType.ShouldBe("application/cloudevents+json");
        sent.ApplicationProperties.ShouldBe(
            new Dictionary<string, object> { ["audience"] = "all", ["adamId"] = "408709785" },
            ignoreOrder: true
        );
    }

    [Fact]
    public async Task A_batch_is_sent_in_its_order_over_one_link_a_topic()
    {
        var client = new FakeClient();
        var sender = Sender(client);

        await sender.SendAsync("assets", [Message, Message with { MessageId = "1-8" }], CancellationToken.None);
        await sender.SendAsync("assets", [Message with { MessageId = "1-9" }], CancellationToken.None);
        await sender.SendAsync("users", [Message], CancellationToken.None);

        client.Sent["assets"].Select(message => message.MessageId).ShouldBe(["1-7", "1-8", "1-9"]);
        client.Created.ShouldBe(["assets", "users"]);
    }

    [Fact]
    public async Task An_empty_batch_opens_the_link_and_so_tells_whether_the_hub_is_let_in()
    {
        var client = new FakeClient { Failure = new UnauthorizedAccessException("'Send' claim is required.") };

        (await ShouldFail(client)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task What_does_not_fit_is_refused() =>
        (await ShouldFail(new FakeClient { MaxCount = 1 }, Message, Message)).Fault.ShouldBe(TopicSendFault.Refused);

    [Fact]
    public async Task The_sdks_reason_is_understood()
    {
        var failure = new ServiceBusException("Full.", ServiceBusFailureReason.QuotaExceeded);

        var told = await ShouldFail(new FakeClient { Failure = failure }, Message);

        (told.Fault, told.Status).ShouldBe((TopicSendFault.Stopped, 403));
    }

    [Fact]
    public async Task A_send_ends_with_its_time_limit()
    {
        var client = new FakeClient { Hangs = true };
        var send = Sender(client).SendAsync("assets", [Message], CancellationToken.None);

        clock.Advance(options.SendTimeout);

        (await Should.ThrowAsync<TopicSendException>(send)).Message.ShouldContain("no answer within 8 s");
    }

    [Fact]
    public async Task A_hub_that_stops_ends_a_send_as_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var send = Sender(new FakeClient { Hangs = true }).SendAsync("assets", [Message], stop.Token);

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(send);
    }

    private ServiceBusAmqpSender Sender(ServiceBusClient client) => new(client, options, clock);

    private Task<TopicSendException> ShouldFail(FakeClient client, params TopicMessage[] batch) =>
        Should.ThrowAsync<TopicSendException>(Sender(client).SendAsync("assets", batch, CancellationToken.None));

    private sealed class FakeClient : ServiceBusClient
    {
        public List<string> Created { get; } = [];

        public Dictionary<string, List<ServiceBusMessage>> Sent { get; } = [];

        public Exception? Failure { get; init; }

        public bool Hangs { get; init; }

        public int MaxCount { get; init; } = int.MaxValue;

        public override ServiceBusSender CreateSender(string queueOrTopicName)
        {
            Created.Add(queueOrTopicName);
            return new FakeSender(this, Sent[queueOrTopicName] = []);
        }
    }

    private sealed class FakeSender(FakeClient client, List<ServiceBusMessage> sent) : ServiceBusSender
    {
        private readonly List<ServiceBusMessage> batch = [];

        public override async ValueTask<ServiceBusMessageBatch> CreateMessageBatchAsync(
            CancellationToken cancellationToken = default
        )
        {
            if (client.Hangs)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            batch.Clear();
            return client.Failure is null
                ? ServiceBusModelFactory.ServiceBusMessageBatch(0, batch, null, _ => batch.Count < client.MaxCount)
                : throw client.Failure;
        }

        public override Task SendMessagesAsync(
            ServiceBusMessageBatch messageBatch,
            CancellationToken cancellationToken = default
        )
        {
            messageBatch.Count.ShouldBe(batch.Count);
            sent.AddRange(batch);
            return Task.CompletedTask;
        }
    }
}
