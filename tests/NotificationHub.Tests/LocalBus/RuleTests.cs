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

    [Theory]
    [InlineData("change = 'removed'", true)]
    [InlineData("CHANGE = 'removed' and not [type] = 'b'", true)]
    [InlineData("change <> 'added'", true)]
    [InlineData("change != 'removed'", false)]
    [InlineData("user.change IN ('added', 'removed') AND sys.Label = 'subject'", true)]
    [InlineData("change NOT IN ('added', 'updated')", true)]
    [InlineData("\"type\" LIKE '%.changed.v_'", true)]
    [InlineData("type NOT LIKE 'asset.%' OR change = 'added'", false)]
    [InlineData("(change = 'added' OR change = 'removed') AND EXISTS(type)", true)]
    [InlineData("change = 'removed' OR change = 'added' AND missing = 'x'", true)]
    [InlineData("missing IS NULL AND change IS NOT NULL", true)]
    [InlineData("EXISTS(missing)", false)]
    [InlineData("quoted = 'it''s'", true)]
    // Unknown is neither true nor false.
    [InlineData("missing = 'x'", false)]
    [InlineData("NOT missing = 'x'", false)]
    [InlineData("missing <> 'x'", false)]
    [InlineData("missing NOT IN ('x')", false)]
    [InlineData("missing NOT LIKE 'x'", false)]
    [InlineData("missing = 'x' OR change = 'removed'", true)]
    // A number is no text.
    [InlineData("number = '5'", false)]
    public async Task An_SQL_filter_selects_messages(string expression, bool isSelected)
    {
        await using var test = await StartAsync();
        await using var rules = test.Client.CreateRuleManager("hub", "operations");
        await rules.CreateRuleAsync("sql", new SqlRuleFilter(expression));
        var message = For("1", "other-team");
        message.Subject = "subject";
        message.ApplicationProperties["type"] = "asset.changed.v1";
        message.ApplicationProperties["change"] = "removed";
        message.ApplicationProperties["quoted"] = "it's";
        message.ApplicationProperties["number"] = 5;

        await test.Sender.SendMessageAsync(message);

        test.Received.ShouldBe(isSelected ? ["1"] : []);
        (await rules.GetRulesAsync().SingleAsync(rule => rule.Name == "sql")).Filter.ShouldBe(
            new SqlRuleFilter(expression)
        );
        var administration = new ServiceBusAdministrationClient(test.Bus.ConnectionString);
        (await administration.GetRuleAsync("hub", "operations", "sql")).Value.Filter.ShouldBe(
            new SqlRuleFilter(expression)
        );
    }

    [Theory]
    [InlineData("a > 'b'", "unexpected '>' at position 2")]
    [InlineData("a = 5", "unexpected '5' at position 4")]
    [InlineData("a = 'b' AND", "unexpected end")]
    [InlineData("a LIKE b", "unexpected 'b' at position 7")]
    [InlineData("a = @b", "unexpected '@' at position 4")]
    [InlineData("sys.Size = 'b'", "unexpected 'Size' at position 4")]
    [InlineData("a = 'b' c", "unexpected 'c' at position 8")]
    [InlineData("(a = 'b'", "unexpected end")]
    [InlineData("a = 'b", "unexpected ''' at position 4")]
    public async Task An_SQL_filter_that_is_not_supported_is_rejected_with_the_place(string expression, string place)
    {
        await using var test = await StartAsync();
        await using var rules = test.Client.CreateRuleManager("hub", "operations");

        (
            await Should.ThrowAsync<NotSupportedException>(rules.CreateRuleAsync("sql", new SqlRuleFilter(expression)))
        ).Message.ShouldContain($"the SQL filter '{expression}' ({place})");
    }

    // The official SDK refuses it before it is sent; topics.json and other clients can contain it.
    [Fact]
    public void A_long_SQL_filter_is_rejected()
    {
        var expression = new string('(', 1_000) + "a = 'b'" + new string(')', 1_000);

        Should
            .Throw<FormatException>(() => new SqlFilter(expression))
            .Message.ShouldContain("more than 1024 characters");
    }

    [Fact]
    public async Task A_constant_SQL_filter_selects_all_messages_or_none()
    {
        await using var test = await StartAsync();
        await using var rules = test.Client.CreateRuleManager("hub", "operations");
        await rules.CreateRuleAsync("nothing", new SqlRuleFilter("1=0"));
        await test.Sender.SendMessageAsync(For("1", "other-team"));
        await rules.CreateRuleAsync("everything", new SqlRuleFilter("1 = 1"));
        await test.Sender.SendMessageAsync(For("2", "other-team"));

        test.Received.ShouldBe(["2"]);
    }

    [Fact]
    public async Task A_custom_topology_declares_topics_rules_and_sessions()
    {
        var topology = Topology.Parse(
            """
            {
              "topics": [{ "name": "t", "subscriptions": [{ "name": "s", "requiresSession": true }] }],
              "rules": { "own": { "correlation": { "to": "{subscription}" } } },
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
