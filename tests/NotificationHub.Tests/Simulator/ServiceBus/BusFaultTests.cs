using System.Net;
using NotificationHub.Simulator.ServiceBus;
using static NotificationHub.Tests.Simulator.ServiceBus.BusClient;

namespace NotificationHub.Tests.Simulator.ServiceBus;

public sealed class BusFaultTests : BusTest
{
    [Fact]
    public async Task A_bus_that_is_down_cuts_connections()
    {
        Bus.Faults.Down = true;
        await Should.ThrowAsync<HttpRequestException>(Client.SendAsync("hub", Message("1")));

        Bus.Faults.Down = false;
        (await Client.SendAsync("hub", Message("1"))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_bus_that_does_not_listen_refuses_connections_and_keeps_its_port()
    {
        await Client.SendAsync("hub", Message("1"));
        await Bus.StopListeningAsync(CancellationToken.None);
        (
            await Should.ThrowAsync<HttpRequestException>(Client.SendAsync("hub", Message("2")))
        ).HttpRequestError.ShouldBe(HttpRequestError.ConnectionError);

        await Bus.ResumeListeningAsync(CancellationToken.None);
        await Client.SendAsync("hub", Message("2"));
        Bus.Messages("hub", "operations").Count.ShouldBe(2);
    }

    [Fact]
    public async Task Scripted_faults_hit_one_send_each()
    {
        Bus.Faults.Next(
            ServiceBusFault.Answer(429, TimeSpan.FromSeconds(3)),
            ServiceBusFault.Answer(503),
            ServiceBusFault.Cut
        );

        var throttled = await Client.SendAsync("hub", Message("1"));
        throttled.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        throttled.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(3));
        var unavailable = await Client.SendAsync("hub", Message("1"));
        unavailable.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        unavailable.Headers.RetryAfter.ShouldBeNull();
        await Should.ThrowAsync<HttpRequestException>(Client.SendAsync("hub", Message("1")));
        Bus.Topic("hub").Accepted.ShouldBe(0);

        await Client.SendAsync("hub", Message("1"));
        Bus.Topic("hub").Accepted.ShouldBe(1);
        Bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lost_answer_leaves_the_messages_stored()
    {
        Bus.Faults.Next(ServiceBusFault.LostAnswer);

        await Should.ThrowAsync<HttpRequestException>(Client.SendAsync("hub", Message("1")));

        Bus.Topic("hub").Accepted.ShouldBe(1);
    }

    [Fact]
    public async Task A_refusing_topic_leaves_the_others_alone()
    {
        Bus.Faults.Refuse("hub", 404);

        (await Client.SendAsync("hub", Message("1"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Client.SendAsync("assets", Message("1"))).StatusCode.ShouldBe(HttpStatusCode.Created);

        Bus.Faults.Restore("hub");
        (await Client.SendAsync("hub", Message("1"))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_poisonous_message_spoils_its_batch()
    {
        Bus.Faults.Poison = message => message.MessageId == "2";

        (await Client.SendAsync("hub", Message("1"), Message("2"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await Client.SendAsync("hub", Message("1"))).StatusCode.ShouldBe(HttpStatusCode.Created);
        Bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Random_faults_come_in_about_their_share()
    {
        Bus.Faults.ThrottledShare = 0.25;
        Bus.Faults.UnavailableShare = 0.25;
        var statuses = new List<HttpStatusCode>();
        for (var id = 0; id < 100; id++)
        {
            statuses.Add((await Client.SendAsync("hub", Message(id.ToString()))).StatusCode);
        }

        statuses.Count(status => status == HttpStatusCode.TooManyRequests).ShouldBeInRange(10, 40);
        statuses.Count(status => status == HttpStatusCode.ServiceUnavailable).ShouldBeInRange(10, 40);
    }
}
