using Azure.Core.Pipeline;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;
using NotificationHub.LocalBus;
using static NotificationHub.Tests.LocalBus.TestBus;

namespace NotificationHub.Tests.LocalBus;

/// <summary>The administration client, on the port of the bus.</summary>
public sealed class AdministrationTests
{
    [Fact]
    public async Task Topics_subscriptions_and_rules_are_listed_with_their_settings()
    {
        await using var test = await StartAsync();
        var administration = Administration(test);

        (await ListAsync(administration.GetTopicsAsync()))
            .Select(topic => topic.Name)
            .ShouldBe(["assets", "users", "subscriptions", "hub", "ordered"]);
        (await ListAsync(administration.GetSubscriptionsAsync("assets")))
            .Select(subscription => subscription.SubscriptionName)
            .ShouldBe(["inventory", "deployment"]);
        (await ListAsync(administration.GetRulesAsync("assets", "inventory")))
            .Select(rule => (rule.Name, rule.Filter.ToString()))
            .ShouldBe([("$Default", Audience("all").ToString()), ("own", Audience("inventory").ToString())]);

        var topic = (await administration.GetTopicAsync("hub")).Value;
        (topic.RequiresDuplicateDetection, topic.DuplicateDetectionHistoryTimeWindow).ShouldBe(
            (true, TimeSpan.FromDays(1))
        );
        var subscription = (await administration.GetSubscriptionAsync("ordered", "sessions")).Value;
        (subscription.RequiresSession, subscription.MaxDeliveryCount).ShouldBe((true, 10));
        (subscription.LockDuration, subscription.DefaultMessageTimeToLive).ShouldBe(
            (TimeSpan.FromMinutes(1), TimeSpan.FromDays(14))
        );
        (await administration.SubscriptionExistsAsync("hub", "missing")).Value.ShouldBeFalse();
        (await administration.GetNamespacePropertiesAsync()).Value.Name.ShouldBe("local");
    }

    [Fact]
    public async Task Counts_follow_the_messages()
    {
        await using var test = await StartAsync();
        await test.Sender.SendMessagesAsync([Message("1"), Message("2"), Message("3")]);
        await test.Sender.ScheduleMessageAsync(Message("4"), test.Clock.GetUtcNow().AddHours(1));
        var receiver = test.Receiver();
        await receiver.DeadLetterMessageAsync(await NextAsync(receiver));
        var administration = Administration(test);

        var counts = (await administration.GetSubscriptionRuntimePropertiesAsync(Topic, Name)).Value;
        (counts.ActiveMessageCount, counts.DeadLetterMessageCount, counts.TotalMessageCount).ShouldBe((2, 1, 3));
        var topic = (await administration.GetTopicRuntimePropertiesAsync(Topic)).Value;
        (topic.ScheduledMessageCount, topic.SubscriptionCount).ShouldBe((1, 1));
        topic.SizeInBytes.ShouldBe(test.Bus.Topic(Topic).SizeInBytes);
        topic.SizeInBytes.ShouldBeGreaterThan(3 * "{}".Length);
    }

    [Fact]
    public async Task A_subscription_can_be_created_with_a_rule_used_and_deleted()
    {
        await using var test = await StartAsync();
        var administration = Administration(test);
        await administration.CreateSubscriptionAsync(
            new CreateSubscriptionOptions(Topic, "mine") { RequiresSession = true, MaxDeliveryCount = 3 },
            new CreateRuleOptions(
                "first",
                new CorrelationRuleFilter { Subject = "subject", ApplicationProperties = { ["number"] = 5 } }
            )
        );
        var rule = (await administration.GetRuleAsync(Topic, "mine", "first")).Value;
        rule.Filter.ShouldBe(
            new CorrelationRuleFilter { Subject = "subject", ApplicationProperties = { ["number"] = 5 } }
        );
        await administration.CreateRuleAsync(Topic, "mine", new CreateRuleOptions("second", Audience("mine")));
        await administration.DeleteRuleAsync(Topic, "mine", "first");

        var message = Message("1", session: "A");
        message.ApplicationProperties["audience"] = "mine";
        await test.Sender.SendMessagesAsync([message, Message("2", session: "A")]);
        test.Bus.Messages(Topic, "mine").Select(stored => stored.MessageId).ShouldBe(["1"]);
        await using var session = await test.Client.AcceptNextSessionAsync(Topic, "mine");
        (await NextAsync(session)).MessageId.ShouldBe("1");

        (
            await Should.ThrowAsync<ServiceBusException>(administration.CreateSubscriptionAsync(Topic, "mine"))
        ).Reason.ShouldBe(ServiceBusFailureReason.MessagingEntityAlreadyExists);
        await administration.DeleteSubscriptionAsync(Topic, "mine");
        (await administration.SubscriptionExistsAsync(Topic, "mine")).Value.ShouldBeFalse();
        (
            await Should.ThrowAsync<ServiceBusException>(test.Client.AcceptSessionAsync(Topic, "mine", "A"))
        ).Reason.ShouldBe(ServiceBusFailureReason.MessagingEntityNotFound);
    }

    [Fact]
    public async Task Without_rules_a_new_subscription_gets_everything()
    {
        await using var test = await StartAsync();
        await Administration(test).CreateSubscriptionAsync(Topic, "mine");
        await test.Sender.SendMessageAsync(new ServiceBusMessage { MessageId = "1" });

        test.Bus.Messages(Topic, "mine").Count.ShouldBe(1);
        test.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_subscription_can_be_created_with_a_chunked_body()
    {
        await using var test = await StartAsync();
        using var http = new HttpClient(new ChunkingHandler());
        var administration = new ServiceBusAdministrationClient(
            test.Bus.ConnectionString,
            new ServiceBusAdministrationClientOptions { Transport = new HttpClientTransport(http) }
        );

        await administration.CreateSubscriptionAsync(
            new CreateSubscriptionOptions(Topic, "mine") { MaxDeliveryCount = 3 }
        );

        (await administration.GetSubscriptionAsync(Topic, "mine")).Value.MaxDeliveryCount.ShouldBe(3);
        await administration.DeleteSubscriptionAsync(Topic, "mine");
    }

    [Fact]
    public async Task A_wrong_key_and_missing_entities_are_rejected()
    {
        await using var test = await StartAsync();
        var other = test.Bus.ConnectionString.Replace(
            "SharedAccessKey=",
            "SharedAccessKey=AA",
            StringComparison.Ordinal
        );

        await Should.ThrowAsync<UnauthorizedAccessException>(
            new ServiceBusAdministrationClient(other).GetTopicAsync(Topic)
        );
        (await Should.ThrowAsync<ServiceBusException>(Administration(test).GetTopicAsync("missing"))).Reason.ShouldBe(
            ServiceBusFailureReason.MessagingEntityNotFound
        );
    }

    [Fact]
    public async Task AMQP_over_WebSockets_works_on_the_same_port()
    {
        await using var test = await StartAsync();
        await using var client = new ServiceBusClient(
            test.Bus.ConnectionString,
            new ServiceBusClientOptions
            {
                TransportType = ServiceBusTransportType.AmqpWebSockets,
                RetryOptions = new ServiceBusRetryOptions { MaxRetries = 0 },
            }
        );
        await using var sender = client.CreateSender(Topic);
        await sender.SendMessageAsync(Message("1", new string('x', 200_000)));
        var receiver = client.CreateReceiver(Topic, Name);
        var received = await NextAsync(receiver);
        await receiver.CompleteMessageAsync(received);
        received.Body.ToMemory().Length.ShouldBe(200_000);

        test.Bus.Faults.Next(BusFault.Cut);
        await Should.ThrowAsync<ServiceBusException>(sender.SendMessageAsync(Message("2")));
        await sender.SendMessageAsync(Message("2"));
        test.Received.ShouldBe(["1", "2"]);
    }

    private static ServiceBusAdministrationClient Administration(TestBus test) => new(test.Bus.ConnectionString);

    private static CorrelationRuleFilter Audience(string audience) =>
        new() { ApplicationProperties = { ["audience"] = audience } };

    private static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }

    /// <summary>Sends every body in chunks, without its length.</summary>
    private sealed class ChunkingHandler() : DelegatingHandler(new HttpClientHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            if (request.Content is { } content)
            {
                content.Headers.ContentLength = null;
                request.Headers.TransferEncodingChunked = true;
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
