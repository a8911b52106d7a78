using System.Net;
using NotificationHub.Simulator.ServiceBus;
using static NotificationHub.Tests.Simulator.ServiceBus.BusClient;

namespace NotificationHub.Tests.Simulator.ServiceBus;

public sealed class BusDuplicateTests : BusTest
{
    private protected override SimulatedServiceBusOptions Options =>
        base.Options with
        {
            DuplicateDetectionWindow = TimeSpan.FromMinutes(10),
        };

    [Fact]
    public async Task A_repeated_message_id_is_accepted_and_dropped()
    {
        await Client.SendAsync("hub", Message("1"), Message("2"));
        (await Client.SendAsync("hub", Message("2"), Message("3"))).StatusCode.ShouldBe(HttpStatusCode.Created);

        Bus.Messages("hub", "operations").Select(message => message.MessageId).ShouldBe(["1", "2", "3"]);
        Bus.Topic("hub").Duplicates.ShouldBe(1);
        Bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_message_id_is_forgotten_after_the_window()
    {
        await Client.SendAsync("hub", Message("1"));
        Clock.Advance(TimeSpan.FromMinutes(10));
        await Client.SendAsync("hub", Message("1"));

        Bus.Messages("hub", "operations").Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_message_id_that_comes_back_with_another_body_is_a_violation()
    {
        await Client.SendAsync("hub", Message("1", "first"));
        await Client.SendAsync("hub", Message("1", "second"));

        Bus.Violations.Single().ShouldContain("another body");
    }
}
