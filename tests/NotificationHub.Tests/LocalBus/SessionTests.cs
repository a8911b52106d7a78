using System.Collections.Concurrent;
using Azure.Messaging.ServiceBus;
using static NotificationHub.Tests.LocalBus.TestBus;

namespace NotificationHub.Tests.LocalBus;

public sealed class SessionTests
{
    [Fact]
    public async Task The_next_session_is_the_one_with_the_oldest_message()
    {
        await using var test = await WithAsync(("1", "A"), ("2", "B"), ("3", "A"));
        var first = await AcceptAsync(test);
        var second = await AcceptAsync(test);

        (first.SessionId, second.SessionId).ShouldBe(("A", "B"));
        (await NextAsync(first)).MessageId.ShouldBe("1");
        (await NextAsync(first)).MessageId.ShouldBe("3");
        (await NextAsync(second)).MessageId.ShouldBe("2");
    }

    [Fact]
    public async Task A_locked_session_is_refused_to_other_receivers()
    {
        await using var test = await WithAsync(("1", "A"));
        await AcceptAsync(test);

        await Fails(
            () => test.Client.AcceptSessionAsync("ordered", "sessions", "A"),
            ServiceBusFailureReason.SessionCannotBeLocked
        );
    }

    [Fact]
    public async Task Without_a_session_the_wait_ends_after_the_clients_timeout()
    {
        await using var test = await StartAsync(tryTimeout: TimeSpan.FromSeconds(1));

        await Fails(() => AcceptAsync(test), ServiceBusFailureReason.ServiceTimeout);
        test.Bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_waiting_receiver_gets_the_session_of_the_next_message()
    {
        await using var test = await WithAsync();
        var waiting = AcceptAsync(test);
        await SendAsync(test, ("1", "A"));

        await using var session = await waiting;
        session.SessionId.ShouldBe("A");
        (await NextAsync(session)).MessageId.ShouldBe("1");
    }

    [Fact]
    public async Task A_closed_session_keeps_its_state_and_delivers_again()
    {
        await using var test = await WithAsync(("1", "A"));
        var session = await AcceptAsync(test);
        await NextAsync(session);
        await session.SetSessionStateAsync(new BinaryData("state"));
        await session.CloseAsync();

        var again = await AcceptAsync(test);
        (await NextAsync(again)).DeliveryCount.ShouldBe(2);
        (await again.GetSessionStateAsync()).ToString().ShouldBe("state");
        await again.SetSessionStateAsync(null);
        (await again.GetSessionStateAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_session_lock_expires_unless_it_is_renewed()
    {
        await using var test = await WithAsync(("1", "A"));
        var session = await AcceptAsync(test);
        var message = await NextAsync(session);
        session.SessionLockedUntil.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow());
        test.Clock.Advance(TimeSpan.FromSeconds(20));
        await session.RenewSessionLockAsync();
        test.Clock.Advance(TimeSpan.FromSeconds(20));
        await session.CompleteMessageAsync(message);
        await SendAsync(test, ("2", "A"));
        message = await NextAsync(session);

        test.Clock.Advance(TimeSpan.FromSeconds(10));

        var other = await AcceptAsync(test);
        (await NextAsync(other)).DeliveryCount.ShouldBe(2);
        await Should.ThrowAsync<Exception>(session.CompleteMessageAsync(message));
        test.Bus.Subscription("ordered", "sessions").Completed.ShouldBe(1);
    }

    [Fact]
    public async Task A_message_without_a_session_becomes_a_dead_letter()
    {
        await using var test = await WithAsync();
        await test.Client.CreateSender("ordered").SendMessageAsync(Message("1"));

        var dead = await NextAsync(
            test.Client.CreateReceiver(
                "ordered",
                "sessions",
                new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter }
            )
        );
        dead.DeadLetterReason.ShouldBe("Session ID is null.");
    }

    [Fact]
    public async Task Session_receivers_require_sessions_and_other_receivers_require_none()
    {
        await using var test = await WithAsync(("1", "A"));

        await Should.ThrowAsync<InvalidOperationException>(
            test.Client.CreateReceiver("ordered", "sessions").ReceiveMessageAsync(TimeSpan.FromSeconds(5))
        );
        await Should.ThrowAsync<InvalidOperationException>(test.Client.AcceptSessionAsync("hub", "operations", "A"));
    }

    [Fact]
    public async Task A_session_processor_keeps_the_order_of_each_session()
    {
        await using var test = await WithAsync();
        var seen = new ConcurrentDictionary<string, ConcurrentQueue<int>>();
        var count = 0;
        var all = new TaskCompletionSource();
        await using var processor = test.Client.CreateSessionProcessor(
            "ordered",
            "sessions",
            new ServiceBusSessionProcessorOptions
            {
                MaxConcurrentSessions = 3,
                SessionIdleTimeout = TimeSpan.FromMilliseconds(200),
            }
        );
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        processor.ProcessMessageAsync += message =>
        {
            seen.GetOrAdd(message.SessionId, _ => new()).Enqueue(int.Parse(message.Message.MessageId));
            if (Interlocked.Increment(ref count) == 60)
            {
                all.TrySetResult();
            }

            return Task.CompletedTask;
        };
        await processor.StartProcessingAsync();
        await SendAsync(test, [.. Enumerable.Range(0, 60).Select(id => (id.ToString(), $"S{id % 5}"))]);
        await all.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await processor.StopProcessingAsync();

        seen.Count.ShouldBe(5);
        seen.Values.ShouldAllBe(ids => ids.SequenceEqual(ids.Order()));
        test.Bus.Subscription("ordered", "sessions").QueueCount.ShouldBe(0);
    }

    private static Task<ServiceBusSessionReceiver> AcceptAsync(TestBus test) =>
        test.Client.AcceptNextSessionAsync("ordered", "sessions");

    private static async Task<TestBus> WithAsync(params (string Id, string Session)[] messages)
    {
        var test = await StartAsync(options => options with { LockDuration = TimeSpan.FromSeconds(30) });
        await SendAsync(test, messages);
        return test;
    }

    private static async Task SendAsync(TestBus test, params (string Id, string Session)[] messages)
    {
        await using var sender = test.Client.CreateSender("ordered");
        foreach (var (id, session) in messages)
        {
            await sender.SendMessageAsync(Message(id, session: session));
        }
    }

    private static async Task Fails(Func<Task> act, ServiceBusFailureReason reason) =>
        (await Should.ThrowAsync<ServiceBusException>(act)).Reason.ShouldBe(reason);
}
