using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;
using static NotificationHub.Tests.LocalBus.TestBus;

namespace NotificationHub.Tests.LocalBus;

public sealed class SendTests
{
    [Fact]
    public async Task Every_field_of_a_message_reaches_the_receiver_and_the_history()
    {
        await using var test = await StartAsync();
        await test.Sender.SendMessageAsync(
            new ServiceBusMessage("body")
            {
                MessageId = "1",
                SessionId = "session",
                PartitionKey = "session",
                Subject = "subject",
                CorrelationId = "correlation",
                ContentType = "text/plain",
                To = "to",
                ReplyTo = "reply",
                ReplyToSessionId = "reply session",
                TimeToLive = TimeSpan.FromHours(1),
                ApplicationProperties = { ["audience"] = "all", ["number"] = 5L },
            }
        );

        var received = await NextAsync(test.Receiver());
        (received.MessageId, received.SessionId, received.PartitionKey).ShouldBe(("1", "session", "session"));
        (received.Subject, received.CorrelationId).ShouldBe(("subject", "correlation"));
        (received.ContentType, received.Body.ToString()).ShouldBe(("text/plain", "body"));
        (received.To, received.ReplyTo, received.ReplyToSessionId).ShouldBe(("to", "reply", "reply session"));
        (received.TimeToLive, received.DeliveryCount).ShouldBe((TimeSpan.FromHours(1), 1));
        received.EnqueuedTime.ShouldBe(test.Clock.GetUtcNow());
        received.ApplicationProperties["number"].ShouldBe(5L);

        var stored = test.Subscription.Messages.Single();
        (stored.MessageId, stored.SessionId, stored.PartitionKey).ShouldBe(("1", "session", "session"));
        (stored.Subject, stored.CorrelationId, stored.Text).ShouldBe(("subject", "correlation", "body"));
        (stored.To, stored.ReplyTo, stored.ReplyToSessionId).ShouldBe(("to", "reply", "reply session"));
        (stored.ContentType, stored.TimeToLive).ShouldBe(("text/plain", TimeSpan.FromHours(1)));
        stored.EnqueuedAt.ShouldBe(test.Clock.GetUtcNow());
        stored.Properties["number"].ShouldBe(5L);
        test.Bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_batch_arrives_in_order_and_each_subscription_gets_it()
    {
        await using var test = await StartAsync();
        await using var sender = test.Client.CreateSender("assets");
        using var batch = await sender.CreateMessageBatchAsync();
        batch.MaxSizeInBytes.ShouldBe(LocalServiceBusOptions.StandardMaxBytes);
        string[] ids = [.. Enumerable.Range(0, 200).Select(number => number.ToString())];
        foreach (var id in ids)
        {
            batch.TryAddMessage(Message(id, new string('x', 600))).ShouldBeTrue();
        }

        await sender.SendMessagesAsync(batch);

        foreach (var subscription in (string[])["inventory", "deployment"])
        {
            test.Bus.Messages("assets", subscription).Select(message => message.MessageId).ShouldBe(ids);
        }

        var receiver = test.Client.CreateReceiver(
            "assets",
            "inventory",
            new ServiceBusReceiverOptions { ReceiveMode = ServiceBusReceiveMode.ReceiveAndDelete, PrefetchCount = 50 }
        );
        var received = new List<string>();
        while (received.Count < ids.Length)
        {
            received.Add((await NextAsync(receiver)).MessageId);
        }

        received.ShouldBe(ids);
        test.Bus.Subscription("assets", "inventory").QueueCount.ShouldBe(0);
        test.Bus.Topic("assets").Sends.Single().MessageIds.ShouldBe(ids);
    }

    [Fact]
    public async Task The_larger_limit_of_Premium_is_announced_on_the_link()
    {
        await using var test = await StartAsync(options =>
            options with
            {
                MaxMessageBytes = LocalServiceBusOptions.PremiumMaxBytes,
            }
        );

        using var batch = await test.Sender.CreateMessageBatchAsync();
        batch.MaxSizeInBytes.ShouldBe(LocalServiceBusOptions.PremiumMaxBytes);
        await test.Sender.SendMessageAsync(Message("large", new string('x', 900_000)));
        test.Subscription.Messages.Single().Body.Length.ShouldBe(900_000);
    }

    [Fact]
    public async Task A_repeated_message_ID_is_confirmed_and_dropped()
    {
        await using var test = await StartAsync();
        await test.Sender.SendMessagesAsync([Message("1"), Message("2")]);
        await test.Sender.SendMessagesAsync([Message("2"), Message("3")]);

        test.Received.ShouldBe(["1", "2", "3"]);
        (test.Bus.Topic("hub").Accepted, test.Bus.Topic("hub").Duplicates).ShouldBe((3, 1));
        test.Bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_message_ID_is_forgotten_after_the_window()
    {
        await using var test = await StartAsync(options =>
            options with
            {
                DuplicateDetectionWindow = TimeSpan.FromMinutes(10),
            }
        );
        await test.Sender.SendMessageAsync(Message("1"));
        test.Clock.Advance(TimeSpan.FromMinutes(10));
        await test.Sender.SendMessageAsync(Message("1"));

        test.Received.ShouldBe(["1", "1"]);
    }

    [Fact]
    public async Task A_message_ID_with_another_body_is_a_violation()
    {
        await using var test = await StartAsync();
        await test.Sender.SendMessageAsync(Message("1", "first"));
        await test.Sender.SendMessageAsync(Message("1", "second"));

        test.Bus.Violations.Single().ShouldContain("another body");
    }

    [Fact]
    public async Task A_full_topic_rejects_sends_until_messages_and_dead_letters_are_gone()
    {
        await using var test = await StartAsync(options => options with { MaxTopicBytes = 1 });
        await test.Sender.SendMessageAsync(Message("1"));

        await RejectAsync("2");
        var receiver = test.Receiver();
        await receiver.DeadLetterMessageAsync(await NextAsync(receiver), "broken");
        await RejectAsync("3");
        var deadLetters = test.DeadLetters();
        await deadLetters.CompleteMessageAsync(await NextAsync(deadLetters));

        test.Bus.Topic(Topic).SizeInBytes.ShouldBe(0);
        await test.Sender.SendMessageAsync(Message("4"));
        test.Received.ShouldBe(["1", "4"]);
        // A full topic is not the sender's fault.
        test.Bus.Violations.ShouldBeEmpty();

        async Task RejectAsync(string id) =>
            (await Should.ThrowAsync<ServiceBusException>(test.Sender.SendMessageAsync(Message(id)))).Reason.ShouldBe(
                ServiceBusFailureReason.QuotaExceeded
            );
    }

    [Fact]
    public async Task A_missing_topic_is_rejected()
    {
        await using var test = await StartAsync();
        var missing = Should.ThrowAsync<ServiceBusException>(
            test.Client.CreateSender("missing").SendMessageAsync(Message("1"))
        );

        (await missing).Reason.ShouldBe(ServiceBusFailureReason.MessagingEntityNotFound);
        test.Bus.Violations.Single().ShouldContain("missing");
    }

    [Fact]
    public async Task A_tap_receives_messages_instead_of_the_queue()
    {
        await using var test = await StartAsync();
        var tap = test.Bus.Tap("hub", "operations");
        await test.Sender.SendMessageAsync(Message("1"));

        (await tap.ReadAsync()).MessageId.ShouldBe("1");
        test.Subscription.QueueCount.ShouldBe(0);
    }

    [Fact]
    public async Task A_scheduled_message_arrives_at_its_time_unless_it_is_canceled()
    {
        await using var test = await StartAsync();
        var at = test.Clock.GetUtcNow().AddHours(1);
        await test.Sender.ScheduleMessageAsync(Message("1"), at);
        var canceled = await test.Sender.ScheduleMessageAsync(Message("2"), at);
        var third = Message("3");
        third.ScheduledEnqueueTime = at.AddHours(1);
        await test.Sender.SendMessageAsync(third);
        await test.Sender.CancelScheduledMessageAsync(canceled);
        test.Received.ShouldBeEmpty();

        test.Clock.Advance(TimeSpan.FromHours(1));
        test.Received.ShouldBe(["1"]);
        test.Clock.Advance(TimeSpan.FromHours(1));
        test.Received.ShouldBe(["1", "3"]);
        (
            await Should.ThrowAsync<ServiceBusException>(test.Sender.CancelScheduledMessageAsync(canceled))
        ).Reason.ShouldBe(ServiceBusFailureReason.MessageNotFound);
    }
}
