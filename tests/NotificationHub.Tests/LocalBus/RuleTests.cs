using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;
using NotificationHub.LocalBus;
using static NotificationHub.Tests.LocalBus.TestBus;

namespace NotificationHub.Tests.LocalBus;

public sealed class RuleTests
{
    [Fact]
    public async Task A_subscription_receives_its_own_messages_and_those_for_all()
    {
        await using var test = await StartAsync();
        await test
            .Client.CreateSender("assets")
            .SendMessagesAsync([For("1", "all"), For("2", "inventory"), For("3", "deployment")]);

        test.Bus.Messages("assets", "inventory").Select(message => message.MessageId).ShouldBe(["1", "2"]);
        test.Bus.Messages("assets", "deployment").Select(message => message.MessageId).ShouldBe(["1", "3"]);
        test.Bus.Subscription("assets", "inventory").Enqueued.ShouldBe(2);
    }

    [Fact]
    public async Task Rules_can_be_listed_added_and_removed()
    {
        await using var test = await StartAsync();
        await using var rules = test.Client.CreateRuleManager("hub", "operations");
        await rules.CreateRuleAsync(
            "mine",
            new CorrelationRuleFilter { Subject = "subject", ApplicationProperties = { ["number"] = 5 } }
        );
        await rules.DeleteRuleAsync("own");

        var listed = new List<RuleProperties>();
        await foreach (var rule in rules.GetRulesAsync())
        {
            listed.Add(rule);
        }

        listed.Select(rule => rule.Name).ShouldBe(["$Default", "mine"]);
        listed[0].Filter.ShouldBe(new CorrelationRuleFilter { ApplicationProperties = { ["audience"] = "all" } });

        var matching = For("1", "other-team");
        (matching.Subject, matching.ApplicationProperties["number"]) = ("subject", 5);
        var other = For("2", "other-team");
        other.Subject = "subject";
        await test.Sender.SendMessagesAsync([matching, other, For("3", "operations"), For("4", "all")]);
        test.Received.ShouldBe(["1", "4"]);
    }

    [Fact]
    public async Task An_existing_rule_cannot_be_created_and_a_missing_rule_cannot_be_deleted()
    {
        await using var test = await StartAsync();
        await using var rules = test.Client.CreateRuleManager("hub", "operations");

        (
            await Should.ThrowAsync<ServiceBusException>(rules.CreateRuleAsync("$DEFAULT", new TrueRuleFilter()))
        ).Reason.ShouldBe(ServiceBusFailureReason.MessagingEntityAlreadyExists);
        (await Should.ThrowAsync<ServiceBusException>(rules.DeleteRuleAsync("missing"))).Reason.ShouldBe(
            ServiceBusFailureReason.MessagingEntityNotFound
        );
    }

    [Fact]
    public async Task An_SQL_filter_other_than_a_constant_is_rejected_with_a_hint()
    {
        await using var test = await StartAsync();
        await using var rules = test.Client.CreateRuleManager("hub", "operations");
        await rules.CreateRuleAsync("everything", new SqlRuleFilter("1 = 1"));

        (
            await Should.ThrowAsync<NotSupportedException>(rules.CreateRuleAsync("sql", new SqlRuleFilter("a > 5")))
        ).Message.ShouldContain("use a correlation filter");
        await test.Sender.SendMessageAsync(For("1", "other-team"));
        test.Received.ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_custom_topology_declares_topics_rules_and_sessions()
    {
        var topology = Topology.Parse(
            """
            {
              "topics": [{ "name": "t", "subscriptions": [{ "name": "s", "requiresSession": true }] }],
              "rules": { "own": { "to": "{subscription}" } },
              "duplicateDetectionWindow": "PT1H", "lockDuration": "PT1M", "maxDeliveryCount": 3,
              "defaultMessageTimeToLive": "P1D", "deadLetteringOnMessageExpiration": true
            }
            """
        );
        await using var bus = await LocalServiceBus.StartAsync(new LocalServiceBusOptions { Topology = topology });
        await using var client = Connect(bus.ConnectionString);
        await client
            .CreateSender("t")
            .SendMessageAsync(new ServiceBusMessage { SessionId = "1", ApplicationProperties = { ["to"] = "s" } });

        bus.Subscription("t", "s").RequiresSession.ShouldBeTrue();
        bus.Messages("t", "s").Count.ShouldBe(1);
    }

    private static ServiceBusMessage For(string id, string audience) =>
        new("{}") { MessageId = id, ApplicationProperties = { ["audience"] = audience } };
}
