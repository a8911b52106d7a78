using NotificationHub.Simulator.ServiceBus;
using static NotificationHub.Tests.Simulator.ServiceBus.BusClient;

namespace NotificationHub.Tests.Simulator.ServiceBus;

public sealed class BusReceiveTests : BusTest
{
    private const string Operations = "hub/subscriptions/operations";
    private const string DeadLetters = Operations + "/$DeadLetterQueue";

    private protected override SimulatedServiceBusOptions Options =>
        base.Options with
        {
            LockDuration = TimeSpan.FromSeconds(30),
            MaxDeliveryCount = 2,
        };

    [Fact]
    public async Task A_completed_message_is_gone()
    {
        await Client.SendAsync("hub", Message("1", "body"), Message("2"));

        var first = (await Client.ReceiveAsync(Operations)).ShouldNotBeNull();
        (first.Id, first.Body, first.DeliveryCount).ShouldBe(("1", "body", 1));
        first.Headers["audience"].ShouldBe("\"all\"");
        (await Client.SettleAsync(HttpMethod.Delete, first.Location)).ShouldBe(200);
        (await Client.SettleAsync(HttpMethod.Delete, first.Location)).ShouldBe(404);

        (await Client.ReceiveAsync(Operations)).ShouldNotBeNull().Id.ShouldBe("2");
        (await Client.ReceiveAsync(Operations)).ShouldBeNull();
        var subscription = Bus.Subscription("hub", "operations");
        (subscription.Enqueued, subscription.Delivered, subscription.Completed).ShouldBe((2, 2, 1));
        Bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unlocked_message_comes_again_before_later_ones()
    {
        await Client.SendAsync("hub", Message("1"), Message("2"));
        var first = (await Client.ReceiveAsync(Operations)).ShouldNotBeNull();

        (await Client.SettleAsync(HttpMethod.Put, first.Location)).ShouldBe(200);

        var again = (await Client.ReceiveAsync(Operations)).ShouldNotBeNull();
        (again.Id, again.DeliveryCount).ShouldBe(("1", 2));
    }

    [Fact]
    public async Task A_lock_ends_unless_it_is_renewed()
    {
        await Client.SendAsync("hub", Message("1"));
        var first = (await Client.ReceiveAsync(Operations)).ShouldNotBeNull();
        Clock.Advance(TimeSpan.FromSeconds(20));
        (await Client.SettleAsync(HttpMethod.Post, first.Location)).ShouldBe(200);
        Clock.Advance(TimeSpan.FromSeconds(20));
        (await Client.ReceiveAsync(Operations)).ShouldBeNull();

        Clock.Advance(TimeSpan.FromSeconds(10));

        (await Client.SettleAsync(HttpMethod.Delete, first.Location)).ShouldBe(404);
        (await Client.ReceiveAsync(Operations)).ShouldNotBeNull().DeliveryCount.ShouldBe(2);
    }

    [Fact]
    public async Task A_message_delivered_too_often_becomes_a_dead_letter()
    {
        await Client.SendAsync("hub", Message("1"));
        for (var delivery = 0; delivery < 2; delivery++)
        {
            var received = (await Client.ReceiveAsync(Operations)).ShouldNotBeNull();
            await Client.SettleAsync(HttpMethod.Put, received.Location);
        }

        (await Client.ReceiveAsync(Operations)).ShouldBeNull();
        var dead = (await Client.ReceiveAsync(DeadLetters)).ShouldNotBeNull();
        dead.Headers["DeadLetterReason"].ShouldBe("\"MaxDeliveryCountExceeded\"");
        (await Client.SettleAsync(HttpMethod.Delete, dead.Location)).ShouldBe(200);
        Bus.Subscription("hub", "operations").DeadLetters.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_message_that_outlived_its_time_becomes_a_dead_letter()
    {
        await Client.SendTextAsync(
            "hub",
            """[{"Body":"x","BrokerProperties":{"MessageId":"1","TimeToLiveTimeSpan":"00:01:00"},"UserProperties":{"audience":"all"}}]"""
        );
        Clock.Advance(TimeSpan.FromMinutes(1));

        (await Client.ReceiveAsync(Operations)).ShouldBeNull();
        (await Client.ReceiveAsync(DeadLetters, HttpMethod.Delete)).ShouldNotBeNull().Id.ShouldBe("1");
    }

    [Fact]
    public async Task Receive_and_delete_leaves_nothing()
    {
        await Client.SendAsync("hub", Message("1"));

        (await Client.ReceiveAsync(Operations, HttpMethod.Delete)).ShouldNotBeNull().Id.ShouldBe("1");

        Bus.Subscription("hub", "operations").Queue.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_receiver_waits_for_a_message()
    {
        var waiting = Client.ReceiveAsync(Operations, wait: 60);
        await Client.SendAsync("hub", Message("1"));

        (await waiting).ShouldNotBeNull().Id.ShouldBe("1");
    }

    [Fact]
    public async Task A_waiting_receiver_does_not_hold_up_the_end()
    {
        var waiting = Client.ReceiveAsync(Operations, wait: 60);
        await Clock.TimersPending();

        await Bus.DisposeAsync();

        await Should.ThrowAsync<HttpRequestException>(waiting);
    }

    [Fact]
    public async Task A_tap_takes_what_arrives()
    {
        var tap = Bus.Tap("hub", "operations");
        await Client.SendAsync("hub", Message("1"));

        tap.TryRead(out var message).ShouldBeTrue();
        message!.MessageId.ShouldBe("1");
        Bus.Subscription("hub", "operations").Queue.Count.ShouldBe(0);
    }
}
