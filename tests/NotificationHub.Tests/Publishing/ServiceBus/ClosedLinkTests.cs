using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

/// <summary>The SDK reports a link that is closed during a send in several ways. None may stop the topic.</summary>
public sealed class ClosedLinkTests
{
    [Fact]
    public async Task A_closed_link_causes_no_failure_however_the_SDK_reports_it()
    {
        await using var bus = await LocalServiceBus.StartAsync();
        await using var sender = TestSender.On(bus);
        // About one time in six the SDK reports GeneralError, otherwise ServiceCommunicationProblem.
        for (var number = 0; number < 50; number++)
        {
            await sender.SendAsync("hub", [], CancellationToken.None);
            bus.Faults.Next(BusFault.Detach(AmqpConditions.DetachForced));

            (await sender.SendAsync("hub", [Message($"{number}")], CancellationToken.None)).ShouldBe(new SendResult(1));
        }

        bus.Topic("hub").Accepted.ShouldBe(50);
    }

    [Theory]
    [InlineData(ServiceBusFailureReason.GeneralError)]
    [InlineData(ServiceBusFailureReason.ServiceCommunicationProblem)]
    public async Task A_transient_failure_is_retried_once(ServiceBusFailureReason reason)
    {
        await using var sender = Scripted(out var bus);
        bus.Respond = (_, _) => throw new ServiceBusException("scripted", reason);

        await Should.ThrowAsync<TopicSendException>(sender.SendAsync("hub", [Message("1")], CancellationToken.None));

        bus.Tried.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(ServiceBusFailureReason.ServiceBusy)]
    [InlineData(ServiceBusFailureReason.ServiceTimeout)]
    [InlineData(ServiceBusFailureReason.QuotaExceeded)]
    [InlineData(ServiceBusFailureReason.MessagingEntityDisabled)]
    public async Task A_failure_with_a_reason_is_not_retried(ServiceBusFailureReason reason)
    {
        await using var sender = Scripted(out var bus);
        bus.Respond = (_, _) => throw new ServiceBusException("scripted", reason);

        await Should.ThrowAsync<TopicSendException>(sender.SendAsync("hub", [Message("1")], CancellationToken.None));

        bus.Tried.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_operation_on_a_closed_link_is_not_a_rejection_of_the_content()
    {
        await using var sender = Scripted(out var bus);
        bus.Respond = (_, _) =>
        {
            if (bus.Tried.Count == 1)
            {
                throw new InvalidOperationException("The link is closed.");
            }
        };

        (await sender.SendAsync("hub", [Message("1")], CancellationToken.None)).ShouldBe(new SendResult(1));
    }

    [Fact]
    public async Task Content_that_is_not_allowed_is_rejected_after_the_second_attempt()
    {
        await using var sender = Scripted(out var bus);
        bus.Respond = (_, _) => throw new InvalidOperationException("TrackingId:5f1a_G2, about ann@example.com");

        var result = await sender.SendAsync("hub", [Message("1")], CancellationToken.None);

        result.ShouldBe(new SendResult(1, "Service Bus rejected the content (not allowed) (TrackingId:5f1a_G2)."));
        bus.Tried.Count.ShouldBe(2);
    }

    private static TopicSender Scripted(out ScriptedServiceBus bus) =>
        new(bus = new ScriptedServiceBus(), TimeSpan.FromSeconds(8), TimeProvider.System);

    private static ServiceBusMessage Message(string id) =>
        new("{}")
        {
            MessageId = id,
            SessionId = "north",
            ApplicationProperties = { ["audience"] = "all" },
        };
}
