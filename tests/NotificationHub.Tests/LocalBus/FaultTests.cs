using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;
using static NotificationHub.Tests.LocalBus.TestBus;

namespace NotificationHub.Tests.LocalBus;

/// <summary>Every fault, as seen through the official SDK.</summary>
public sealed class FaultTests
{
    [Theory]
    [InlineData(AmqpConditions.EntityDisabled, ServiceBusFailureReason.MessagingEntityDisabled)]
    [InlineData(AmqpConditions.NotFound, ServiceBusFailureReason.MessagingEntityNotFound)]
    [InlineData(AmqpConditions.ResourceLimitExceeded, ServiceBusFailureReason.QuotaExceeded)]
    [InlineData(AmqpConditions.MessageSizeExceeded, ServiceBusFailureReason.MessageSizeExceeded)]
    [InlineData(AmqpConditions.ServerBusy, ServiceBusFailureReason.ServiceBusy)]
    [InlineData(AmqpConditions.Timeout, ServiceBusFailureReason.ServiceTimeout)]
    [InlineData(AmqpConditions.InternalError, ServiceBusFailureReason.GeneralError)]
    public async Task A_rejection_has_its_reason(string condition, ServiceBusFailureReason reason)
    {
        await using var test = await StartAsync();
        test.Bus.Faults.Next(BusFault.Reject(condition));

        await Fails(test, reason);
        test.Bus.Topic("hub").Accepted.ShouldBe(0);
        test.Bus.Violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(AmqpConditions.UnauthorizedAccess, typeof(UnauthorizedAccessException))]
    [InlineData(AmqpConditions.ArgumentError, typeof(ArgumentException))]
    [InlineData(AmqpConditions.ArgumentOutOfRange, typeof(ArgumentOutOfRangeException))]
    [InlineData(AmqpConditions.NotAllowed, typeof(InvalidOperationException))]
    public async Task A_rejection_throws_the_SDKs_own_exception(string condition, Type exception)
    {
        await using var test = await StartAsync();
        test.Bus.Faults.Next(BusFault.Reject(condition));

        (await Should.ThrowAsync<Exception>(test.Sender.SendMessageAsync(Message("1")))).ShouldBeOfType(exception);
    }

    [Fact]
    public async Task Scripted_faults_hit_one_send_each()
    {
        await using var test = await StartAsync();
        test.Bus.Faults.Next(
            BusFault.Reject(AmqpConditions.InternalError),
            BusFault.Detach(AmqpConditions.DetachForced),
            BusFault.Cut
        );

        await Fails(test, ServiceBusFailureReason.GeneralError);
        // The SDK reports a link that is closed during a send in two ways.
        var detached = await Should.ThrowAsync<ServiceBusException>(test.Sender.SendMessageAsync(Message("1")));
        detached.Reason.ShouldBeOneOf(
            ServiceBusFailureReason.ServiceCommunicationProblem,
            ServiceBusFailureReason.GeneralError
        );
        detached.IsTransient.ShouldBeTrue();
        await Fails(test, ServiceBusFailureReason.ServiceCommunicationProblem);
        test.Bus.Topic("hub").Accepted.ShouldBe(0);
        await test.Sender.SendMessageAsync(Message("1"));
        test.Received.ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_lost_response_leaves_the_messages_stored()
    {
        await using var test = await StartAsync();
        test.Bus.Faults.Next(BusFault.LostResponse);

        await Fails(test, ServiceBusFailureReason.ServiceCommunicationProblem);
        test.Received.ShouldBe(["1"]);
        await test.Sender.SendMessageAsync(Message("1"));
        test.Bus.Topic("hub").Duplicates.ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_response_the_sender_times_out()
    {
        await using var test = await StartAsync(tryTimeout: TimeSpan.FromSeconds(1));
        test.Bus.Faults.Next(BusFault.NoResponse);

        await Fails(test, ServiceBusFailureReason.ServiceTimeout);
        test.Bus.Topic("hub").Accepted.ShouldBe(0);
    }

    [Theory]
    [InlineData(AmqpConditions.EntityDisabled, ServiceBusFailureReason.MessagingEntityDisabled)]
    [InlineData(AmqpConditions.NotFound, ServiceBusFailureReason.MessagingEntityNotFound)]
    [InlineData(AmqpConditions.ResourceLimitExceeded, ServiceBusFailureReason.QuotaExceeded)]
    public async Task A_refusing_topic_does_not_affect_others(string condition, ServiceBusFailureReason reason)
    {
        await using var test = await StartAsync();
        test.Bus.Faults.Refuse("hub", condition);

        await Fails(test, reason);
        await Fails(test, reason);
        await test.Client.CreateSender("assets").SendMessageAsync(Message("1"));
        test.Bus.Faults.Restore("hub");
        await test.Sender.SendMessageAsync(Message("1"));
        test.Received.ShouldBe(["1"]);
    }

    [Fact]
    public async Task Disabling_a_topic_closes_its_open_links()
    {
        await using var test = await StartAsync();
        await test.Sender.SendMessageAsync(Message("1"));
        test.Bus.Faults.Refuse("hub", AmqpConditions.EntityDisabled);

        // The first send may meet the closing link, which hides the reason.
        await Should.ThrowAsync<ServiceBusException>(test.Sender.SendMessageAsync(Message("2")));
        await Fails(test, ServiceBusFailureReason.MessagingEntityDisabled);
    }

    [Fact]
    public async Task A_rejected_message_rejects_its_batch()
    {
        await using var test = await StartAsync();
        test.Bus.Faults.Poison = message => message.MessageId == "2";
        await Should.ThrowAsync<ArgumentException>(test.Sender.SendMessagesAsync([Message("1"), Message("2")]));

        test.Bus.Faults.MessageTooLarge = message => message.MessageId == "3";
        (await Should.ThrowAsync<ServiceBusException>(test.Sender.SendMessageAsync(Message("3")))).Reason.ShouldBe(
            ServiceBusFailureReason.MessageSizeExceeded
        );
        await test.Sender.SendMessageAsync(Message("1"));
        test.Received.ShouldBe(["1"]);
        test.Bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Random_faults_occur_in_about_their_share()
    {
        await using var test = await StartAsync();
        test.Bus.Faults.InternalErrorShare = 0.5;
        var failed = 0;
        for (var id = 0; id < 100; id++)
        {
            try
            {
                await test.Sender.SendMessageAsync(Message(id.ToString()));
            }
            catch (ServiceBusException)
            {
                failed++;
            }
        }

        failed.ShouldBeInRange(30, 70);
        test.Bus.Topic("hub").Accepted.ShouldBe(100 - failed);
    }

    [Fact]
    public async Task A_send_is_stored_after_the_delay()
    {
        await using var test = await StartAsync();
        test.Bus.Faults.Delay = TimeSpan.FromSeconds(5);
        var sends = Task.WhenAll(
            test.Sender.SendMessageAsync(Message("1")),
            test.Client.CreateSender("assets").SendMessageAsync(Message("1"))
        );
        await test.Clock.TimersPending(2);
        test.Received.ShouldBeEmpty();

        test.Clock.Advance(TimeSpan.FromSeconds(5));

        await sends;
        test.Received.ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_bus_that_is_down_cuts_connections()
    {
        await using var test = await StartAsync();
        await test.Sender.SendMessageAsync(Message("1"));
        test.Bus.Faults.Down = true;
        await Should.ThrowAsync<ServiceBusException>(test.Sender.SendMessageAsync(Message("2")));

        test.Bus.Faults.Down = false;
        await test.Sender.SendMessageAsync(Message("2"));
        test.Received.ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task A_bus_that_stops_listening_keeps_its_port_and_its_messages()
    {
        await using var test = await StartAsync();
        await test.Sender.SendMessageAsync(Message("1"));
        await test.Bus.StopListeningAsync();
        await Fails(test, ServiceBusFailureReason.ServiceCommunicationProblem);

        await test.Bus.ResumeListeningAsync();
        await test.Sender.SendMessageAsync(Message("2"));
        test.Received.ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task A_connection_that_sends_nothing_does_not_delay_the_stop()
    {
        await using var test = await StartAsync();
        using var silent = new System.Net.Sockets.TcpClient("127.0.0.1", test.Bus.Endpoint.Port);
        using var unfinished = new System.Net.Sockets.TcpClient("127.0.0.1", test.Bus.Endpoint.Port);
        await unfinished.GetStream().WriteAsync("AMQP"u8.ToArray());

        await test.Bus.StopListeningAsync().WaitAsync(TimeSpan.FromSeconds(10));
        await test.Bus.ResumeListeningAsync();
        await test.Sender.SendMessageAsync(Message("1"));
        test.Received.ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_port_in_use_is_rejected()
    {
        await using var test = await StartAsync();

        await Should.ThrowAsync<IOException>(
            LocalServiceBus.StartAsync(new LocalServiceBusOptions { Port = test.Bus.Endpoint.Port })
        );
    }

    private static async Task Fails(TestBus test, ServiceBusFailureReason reason) =>
        (await Should.ThrowAsync<ServiceBusException>(test.Sender.SendMessageAsync(Message("1")))).Reason.ShouldBe(
            reason
        );
}
