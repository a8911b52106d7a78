using System.Text;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Simulator.ServiceBus;
using NotificationHub.Tests.Simulator.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

/// <summary>The sender against the simulated bus: what it sends is accepted, and what happens is told.</summary>
public sealed class SenderOnTheBusTests : BusTest
{
    private ServiceBusHttpSender Sender(string? connectionString = null, TimeSpan? timeout = null) =>
        ServiceBusPipeline.CreateSender(
            new ServiceBusOptions
            {
                ConnectionString = connectionString ?? Bus.ConnectionString,
                MaxBatchBytes = 256 * 1024,
                SendTimeout = timeout ?? TimeSpan.FromSeconds(30),
            },
            () => throw new InvalidOperationException("A connection string needs no identity."),
            Clock
        );

    private static TopicMessage Message(
        string id,
        string body = "{}",
        string type = "notificationhub.asset.changed.v1"
    ) =>
        new(
            id,
            "location-1",
            type,
            "event-1",
            Encoding.UTF8.GetBytes(body),
            new Dictionary<string, string> { ["audience"] = "all", ["type"] = type }
        );

    [Fact]
    public async Task A_batch_arrives_whole_and_in_order()
    {
        const string Body = """{"text":"\"quoted\" \\ é 漢 🍏 \u2028 <&'+>"}""";

        await Sender().SendAsync("assets", [Message("1-1", Body), Message("1-2")], CancellationToken.None);

        var received = Bus.Messages("assets", "inventory");
        received.Select(message => message.MessageId).ShouldBe(["1-1", "1-2"]);
        received[0].Text.ShouldBe(Body);
        received[0].SessionId.ShouldBe("location-1");
        received[0].Label.ShouldBe("notificationhub.asset.changed.v1");
        received[0].CorrelationId.ShouldBe("event-1");
        received[0].Properties["type"].ShouldBe("notificationhub.asset.changed.v1");
        Bus.Violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("\"\\\n\t\u0001")]
    [InlineData("é漢🍏\u2028\u00a0")]
    public async Task A_batch_that_measures_the_maximum_just_fits(string pattern)
    {
        var sender = Sender();
        var first = Message("1", string.Concat(Enumerable.Repeat(pattern, 5000)));
        var fill = sender.MaxBatchBytes - sender.Measure(first) - sender.Measure(Message("2", ""));
        var fitting = Message("2", new string('x', fill));
        (sender.Measure(first) + sender.Measure(fitting)).ShouldBe(sender.MaxBatchBytes);

        await sender.SendAsync("assets", [first, fitting], CancellationToken.None);
        Bus.Violations.ShouldBeEmpty();

        var excess = Message("3", new string('x', fill + 1));
        var fault = await Should.ThrowAsync<TopicSendException>(
            sender.SendAsync("assets", [first, excess], CancellationToken.None)
        );
        fault.Status.ShouldBe(403);
        Bus.Violations.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_message_without_a_correlation_has_none()
    {
        await Sender().SendAsync("hub", [Message("1") with { CorrelationId = null }], CancellationToken.None);

        Bus.Messages("hub", "operations").Single().CorrelationId.ShouldBeNull();
    }

    [Fact]
    public async Task A_token_is_renewed_before_the_bus_refuses_it()
    {
        var sender = Sender();
        for (var hour = 0; hour < 3; hour++)
        {
            await sender.SendAsync("hub", [Message($"1-{hour}")], CancellationToken.None);
            Clock.Advance(TimeSpan.FromHours(1));
        }

        Bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_key_stops_the_topic_and_stays_secret()
    {
        var sender = Sender(
            $"Endpoint={Bus.Endpoint};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=hush"
        );

        var fault = await ShouldFail(sender);

        (fault.Fault, fault.Status).ShouldBe((TopicSendFault.Stopped, 401));
        fault.Message.ShouldContain("signature is invalid");
        fault.ToString().ShouldNotContain("hush");
        fault.ToString().ShouldNotContain("sig=");
    }

    [Fact]
    public async Task A_bus_that_refuses_connections_stops_the_topic()
    {
        await Bus.StopListeningAsync(CancellationToken.None);

        var fault = await ShouldFail(Sender());

        (fault.Fault, fault.Status).ShouldBe((TopicSendFault.Stopped, null));
        fault.Message.ShouldContain("could not be reached");
    }

    [Fact]
    public async Task A_lost_answer_may_be_sent_again_without_a_second_copy()
    {
        var sender = Sender();
        Bus.Faults.Next(ServiceBusFault.LostAnswer);
        (await ShouldFail(sender)).Fault.ShouldBe(TopicSendFault.Stopped);

        await sender.SendAsync("hub", [Message("1")], CancellationToken.None);

        Bus.Topic("hub").Accepted.ShouldBe(1);
        Bus.Topic("hub").Duplicates.ShouldBe(1);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_in_time_stops_the_topic()
    {
        Bus.Faults.Delay = TimeSpan.FromHours(1);
        var failing = ShouldFail(Sender(timeout: TimeSpan.FromSeconds(5)));
        await Clock.TimersPending(2);
        Clock.Advance(TimeSpan.FromSeconds(5));

        var fault = await failing;

        (fault.Fault, fault.Status).ShouldBe((TopicSendFault.Stopped, null));
        fault.Message.ShouldContain("no answer within 5 s");
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_told_nothing_else()
    {
        Bus.Faults.Delay = TimeSpan.FromHours(1);
        using var given = new CancellationTokenSource();
        var sending = Sender().SendAsync("hub", [Message("1")], given.Token);
        await Clock.TimersPending(2);
        await given.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(sending);
    }

    private static Task<TopicSendException> ShouldFail(ServiceBusHttpSender sender) =>
        Should.ThrowAsync<TopicSendException>(sender.SendAsync("hub", [Message("1")], CancellationToken.None));
}
