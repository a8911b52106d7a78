using System.Transactions;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;
using static NotificationHub.Tests.LocalBus.TestBus;

namespace NotificationHub.Tests.LocalBus;

public sealed class ReceiveTests
{
    private static readonly TimeSpan LockDuration = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Briefly = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_completed_message_is_removed()
    {
        await using var test = await WithAsync("1", "2");
        var receiver = test.Receiver();
        var first = await NextAsync(receiver);
        await receiver.CompleteMessageAsync(first);

        await LockLost(() => receiver.CompleteMessageAsync(first));
        (await NextAsync(receiver)).MessageId.ShouldBe("2");
        (test.Subscription.Enqueued, test.Subscription.Delivered, test.Subscription.Completed).ShouldBe((2, 2, 1));
        test.Subscription.QueueCount.ShouldBe(1);
    }

    [Fact]
    public async Task An_abandoned_message_is_redelivered_first_with_its_changes()
    {
        await using var test = await WithAsync("1", "2");
        var receiver = test.Receiver();
        await receiver.AbandonMessageAsync(
            await NextAsync(receiver),
            new Dictionary<string, object> { ["attempt"] = 1 }
        );

        var again = await NextAsync(receiver);
        (again.MessageId, again.DeliveryCount).ShouldBe(("1", 2));
        again.ApplicationProperties["attempt"].ShouldBe(1);
        again.ApplicationProperties["audience"].ShouldBe("all");
    }

    [Fact]
    public async Task A_message_cannot_be_completed_in_a_transaction()
    {
        await using var test = await WithAsync("1");
        var receiver = test.Receiver();
        var message = await NextAsync(receiver);

        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await Should.ThrowAsync<Exception>(receiver.CompleteMessageAsync(message));
        }

        test.Subscription.QueueCount.ShouldBe(1);
        await receiver.CompleteMessageAsync(message);
    }

    [Fact]
    public async Task A_lock_expires_unless_it_is_renewed()
    {
        await using var test = await WithAsync("1");
        var receiver = test.Receiver();
        var first = await NextAsync(receiver);
        test.Clock.Advance(TimeSpan.FromSeconds(20));
        await receiver.RenewMessageLockAsync(first);
        test.Clock.Advance(TimeSpan.FromSeconds(20));
        (await receiver.ReceiveMessageAsync(Briefly)).ShouldBeNull();

        test.Clock.Advance(TimeSpan.FromSeconds(10));

        await LockLost(() => receiver.CompleteMessageAsync(first));
        await LockLost(() => receiver.RenewMessageLockAsync(first));
        (await NextAsync(receiver)).DeliveryCount.ShouldBe(2);
    }

    [Fact]
    public async Task A_waiting_receiver_gets_a_message_whose_lock_expires()
    {
        await using var test = await WithAsync("1");
        await NextAsync(test.Receiver());
        var other = NextAsync(test.Receiver());

        test.Clock.Advance(LockDuration);

        (await other).MessageId.ShouldBe("1");
    }

    [Fact]
    public async Task A_message_delivered_too_often_becomes_a_dead_letter()
    {
        await using var test = await WithAsync("1");
        var receiver = test.Receiver();
        for (var delivery = 0; delivery < 3; delivery++)
        {
            await receiver.AbandonMessageAsync(await NextAsync(receiver));
        }

        (test.Subscription.QueueCount, test.Subscription.DeadLetterCount).ShouldBe((0, 1));
        var deadLetters = test.DeadLetters();
        var dead = await NextAsync(deadLetters);
        dead.DeadLetterReason.ShouldBe("MaxDeliveryCountExceeded");
        await deadLetters.CompleteMessageAsync(dead);
        test.Subscription.DeadLetterCount.ShouldBe(0);
    }

    [Fact]
    public async Task A_receiver_can_dead_letter_a_message_with_a_reason()
    {
        await using var test = await WithAsync("1");
        var receiver = test.Receiver();
        await receiver.DeadLetterMessageAsync(await NextAsync(receiver), "reason", "description");

        var dead = await NextAsync(test.DeadLetters());
        (dead.DeadLetterReason, dead.DeadLetterErrorDescription).ShouldBe(("reason", "description"));
        (dead.MessageId, dead.Body.ToString()).ShouldBe(("1", "{}"));
        test.Subscription.DeadLettered.ShouldBe(1);
    }

    [Fact]
    public async Task An_expired_message_becomes_a_dead_letter()
    {
        await using var test = await WithAsync();
        var message = Message("1");
        message.TimeToLive = TimeSpan.FromMinutes(1);
        await test.Sender.SendMessageAsync(message);

        test.Clock.Advance(TimeSpan.FromMinutes(1));

        test.Subscription.QueueCount.ShouldBe(0);
        (await NextAsync(test.DeadLetters())).DeadLetterReason.ShouldBe("TTLExpiredException");
    }

    [Fact]
    public async Task A_short_lifetime_of_the_subscription_ends_without_a_receiver()
    {
        await using var test = await WithAsync();
        await new ServiceBusAdministrationClient(test.Bus.ConnectionString).CreateSubscriptionAsync(
            new CreateSubscriptionOptions(Topic, "unread")
            {
                DefaultMessageTimeToLive = TimeSpan.FromHours(1),
                DeadLetteringOnMessageExpiration = true,
            }
        );
        await test.Sender.SendMessageAsync(Message("1"));

        test.Clock.Advance(TimeSpan.FromHours(1));

        var unread = test.Bus.Subscription(Topic, "unread");
        (unread.QueueCount, unread.DeadLetterCount).ShouldBe((0, 1));
    }

    [Fact]
    public async Task The_subscriptions_own_lifetime_is_checked_at_delivery()
    {
        await using var test = await WithAsync("1");
        test.Clock.Advance(TimeSpan.FromDays(14));

        (await test.Receiver().ReceiveMessageAsync(Briefly)).ShouldBeNull();
        test.Subscription.DeadLetterCount.ShouldBe(1);
    }

    [Fact]
    public async Task A_deferred_message_is_received_by_its_number_only()
    {
        await using var test = await WithAsync("1");
        var receiver = test.Receiver();
        var first = await NextAsync(receiver);
        await receiver.DeferMessageAsync(first);
        (await receiver.ReceiveMessageAsync(Briefly)).ShouldBeNull();

        var deferred = await receiver.ReceiveDeferredMessageAsync(first.SequenceNumber);
        (deferred.MessageId, deferred.State).ShouldBe(("1", ServiceBusMessageState.Deferred));
        await receiver.AbandonMessageAsync(deferred);
        deferred = await receiver.ReceiveDeferredMessageAsync(first.SequenceNumber);
        await receiver.CompleteMessageAsync(deferred);

        test.Subscription.QueueCount.ShouldBe(0);
        (
            await Should.ThrowAsync<ServiceBusException>(receiver.ReceiveDeferredMessageAsync(first.SequenceNumber))
        ).Reason.ShouldBe(ServiceBusFailureReason.MessageNotFound);
    }

    [Fact]
    public async Task A_peek_shows_messages_without_locking_them()
    {
        await using var test = await WithAsync("1", "2");
        var receiver = test.Receiver();
        await NextAsync(receiver);

        (await receiver.PeekMessagesAsync(5)).Select(message => message.MessageId).ShouldBe(["1", "2"]);
        (await receiver.PeekMessagesAsync(5)).ShouldBeEmpty();
        (await NextAsync(receiver)).DeliveryCount.ShouldBe(1);
    }

    [Fact]
    public async Task A_missing_subscription_is_rejected()
    {
        await using var test = await WithAsync();
        var missing = Should.ThrowAsync<ServiceBusException>(
            test.Client.CreateReceiver("hub", "missing").ReceiveMessageAsync(Briefly)
        );

        (await missing).Reason.ShouldBe(ServiceBusFailureReason.MessagingEntityNotFound);
    }

    [Fact]
    public async Task A_processor_receives_each_message_once()
    {
        await using var test = await WithAsync();
        string[] ids = [.. Enumerable.Range(0, 50).Select(number => number.ToString())];
        var seen = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var all = new TaskCompletionSource();
        await using var processor = test.Client.CreateProcessor(
            "hub",
            "operations",
            new ServiceBusProcessorOptions { MaxConcurrentCalls = 4 }
        );
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        processor.ProcessMessageAsync += message =>
        {
            seen.Enqueue(message.Message.MessageId);
            if (seen.Count == ids.Length)
            {
                all.TrySetResult();
            }

            return Task.CompletedTask;
        };
        await processor.StartProcessingAsync();
        await test.Sender.SendMessagesAsync(ids.Select(id => Message(id)));
        await all.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await processor.StopProcessingAsync();

        seen.Order(StringComparer.Ordinal).ShouldBe(ids.Order(StringComparer.Ordinal));
        (test.Subscription.QueueCount, test.Subscription.Completed).ShouldBe((0, ids.Length));
    }

    private static async Task<TestBus> WithAsync(params string[] ids)
    {
        var test = await StartAsync(options => options with { LockDuration = LockDuration, MaxDeliveryCount = 3 });
        await test.Sender.SendMessagesAsync(ids.Select(id => Message(id)));
        return test;
    }

    private static async Task LockLost(Func<Task> act) =>
        (await Should.ThrowAsync<ServiceBusException>(act)).Reason.ShouldBe(ServiceBusFailureReason.MessageLockLost);
}
