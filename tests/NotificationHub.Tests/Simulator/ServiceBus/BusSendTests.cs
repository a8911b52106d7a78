using System.Net;
using System.Text;
using NotificationHub.Simulator.ServiceBus;
using static NotificationHub.Tests.Simulator.ServiceBus.BusClient;

namespace NotificationHub.Tests.Simulator.ServiceBus;

public sealed class BusSendTests : BusTest
{
    [Fact]
    public async Task A_batch_reaches_every_subscription_in_order()
    {
        (await Client.SendAsync("assets", Message("1", "{\"a\":\"é\\n\"}"), Message("2"))).StatusCode.ShouldBe(
            HttpStatusCode.Created
        );

        foreach (var subscription in Bus.Topic("assets").Subscriptions)
        {
            subscription.Messages.Select(message => message.MessageId).ShouldBe(["1", "2"]);
        }

        Bus.Messages("assets", "inventory")[0].Text.ShouldBe("{\"a\":\"é\\n\"}");
        Bus.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_message_for_one_audience_reaches_that_subscription_only()
    {
        await Client.SendAsync("assets", Message("1", audience: "deployment"), Message("2", audience: "nobody"));

        Bus.Messages("assets", "deployment").Single().MessageId.ShouldBe("1");
        Bus.Messages("assets", "inventory").ShouldBeEmpty();
    }

    [Fact]
    public async Task Broker_and_user_properties_are_kept_with_their_types()
    {
        await Client.SendTextAsync(
            "hub",
            """
            [{"Body":"x","BrokerProperties":{"MessageId":"1","SessionId":"s","Label":"l","CorrelationId":"c","Unknown":[1]},
              "UserProperties":{"audience":"all","number":3,"share":0.5,"flag":true}}]
            """
        );

        var message = Bus.Messages("hub", "operations").Single();
        (message.SessionId, message.Label, message.CorrelationId).ShouldBe(("s", "l", "c"));
        message.Properties["number"].ShouldBe(3L);
        message.Properties["share"].ShouldBe(0.5);
        message.Properties["flag"].ShouldBe(true);
    }

    [Fact]
    public async Task A_single_message_has_its_properties_in_headers()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "hub/messages")
        {
            Content = new StringContent("body"),
        };
        request.Headers.Add("BrokerProperties", """{"MessageId":"1","Label":"l"}""");
        request.Headers.Add("audience", "\"all\"");
        request.Headers.Add("number", "7");

        (await Client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.Created);

        var message = Bus.Messages("hub", "operations").Single();
        (message.MessageId, message.Label, message.Text).ShouldBe(("1", "l", "body"));
        message.Properties["number"].ShouldBe(7L);
    }

    public static TheoryData<string> Malformed { get; } =
    [
        "",
        "{",
        "{}",
        "[]",
        "[1]",
        """[{"Body":"x"}] 1""",
        """[{"BrokerProperties":{"MessageId":"1"}}]""",
        """[{"Body":{"a":1}}]""",
        """[{"Body":"\ud800"}]""",
        """[{"Body":"x","Properties":{}}]""",
        """[{"Body":"x","BrokerProperties":{"MessageId":1}}]""",
        """[{"Body":"x","BrokerProperties":{"MessageId":""}}]""",
        """[{"Body":"x","BrokerProperties":{"SessionId":"a","PartitionKey":"b"}}]""",
        """[{"Body":"x","BrokerProperties":{"TimeToLive":0}}]""",
        """[{"Body":"x","UserProperties":{"a":null}}]""",
        """[{"Body":"x","UserProperties":{"a":[]}}]""",
        """[{"Body":"x","UserProperties":{"a b":"1"}}]""",
        """[{"Body":"x","UserProperties":{"a":"1","a":"2"}}]""",
        $$$"""[{"Body":"x","BrokerProperties":{"MessageId":"{{{new string('i', 129)}}}"}}]""",
        $$$"""[{"Body":"x","BrokerProperties":{"SessionId":"{{{new string('i', 129)}}}"}}]""",
    ];

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_batch_is_refused_whole_and_noted(string batch)
    {
        var response = await Client.SendTextAsync("hub", batch);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldStartWith("<Error><Code>400</Code>");
        Bus.Violations.Count.ShouldBe(1);
        Bus.Topic("hub").Accepted.ShouldBe(0);
    }

    [Theory]
    [InlineData(32 * 1024, 0, HttpStatusCode.Created)]
    [InlineData(32 * 1024 + 1, 0, HttpStatusCode.BadRequest)]
    [InlineData(32 * 1024, 32 * 1024 - 20, HttpStatusCode.Created)]
    [InlineData(32 * 1024, 32 * 1024 - 19, HttpStatusCode.BadRequest)]
    public async Task Properties_have_their_quotas(int one, int other, HttpStatusCode expected)
    {
        var message = Message("1");
        message["UserProperties"]!["one"] = new string('v', one);
        message["UserProperties"]!["other"] = new string('v', other);

        (await Client.SendAsync("hub", message)).StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task A_batch_of_broken_utf8_is_refused()
    {
        var batch = Encoding.UTF8.GetBytes("""[{"Body":"?"}]""");
        batch[Array.IndexOf(batch, (byte)'?')] = 0xC3;

        (await Client.SendBytesAsync("hub", batch)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(0, HttpStatusCode.Created)]
    [InlineData(1, HttpStatusCode.Forbidden)]
    public async Task A_request_may_be_as_long_as_the_tier_allows(int excess, HttpStatusCode expected)
    {
        const string Frame = """[{"Body":"","BrokerProperties":{"MessageId":"1"}}]""";
        var batch = Frame.Insert(
            10,
            new string('x', SimulatedServiceBusOptions.StandardMaxBytes - Frame.Length + excess)
        );

        (await Client.SendTextAsync("hub", batch)).StatusCode.ShouldBe(expected);

        Bus.Violations.Count.ShouldBe(excess);
    }

    [Fact]
    public async Task An_unknown_topic_is_gone()
    {
        (await Client.SendAsync("nowhere", Message("1"))).StatusCode.ShouldBe(HttpStatusCode.Gone);

        Bus.Violations.Single().ShouldContain("nowhere");
    }
}
