using System.Reflection;
using System.Text.Json;
using Azure.Messaging.ServiceBus.Administration;
using NotificationHub.Events;
using NotificationHub.LocalBus;
using NotificationHub.Publishing;
using NotificationHub.Routing;
using NotificationHub.Storage;
using NotificationHub.Tests.Publishing.CloudEvents;

namespace NotificationHub.Tests.Routing;

public sealed class TopicDeclarationTests
{
    [Fact]
    public void Every_event_belongs_to_exactly_one_topic_and_every_topic_has_only_events_that_exist()
    {
        using var stream = typeof(TopicMap).Assembly.GetManifestResourceStream("topics.json")!;
        using var declaration = JsonDocument.Parse(stream);
        var declared = declaration
            .RootElement.GetProperty("topics")
            .EnumerateArray()
            .SelectMany(topic => topic.GetProperty("events").EnumerateArray())
            .Select(name => name.GetString()!);

        declared.ShouldBe(EveryEvent.Types, ignoreOrder: true);
    }

    [Fact]
    public void Routing_and_the_simulator_have_the_same_topics() =>
        Topology.Default().Topics.Select(topic => topic.Name).ShouldBe(TopicMap.Topics, ignoreOrder: true);

    [Fact]
    public void Every_subscription_receives_the_replays_for_it_and_no_others()
    {
        var topology = Topology.Default();
        foreach (var subscription in topology.Topics.SelectMany(topic => topic.Subscriptions))
        {
            var rules = topology.RulesOf(subscription);

            rules.ShouldContain(rule => rule.Name == SubscriptionRule.DefaultName);
            rules.Any(rule => rule.Filter.Matches(MessageFor(subscription.Name))).ShouldBeTrue(subscription.Name);
            rules.Any(rule => rule.Filter.Matches(MessageFor("another"))).ShouldBeFalse(subscription.Name);
        }
    }

    [Fact]
    public void Doctor_expects_the_rules_of_a_subscription_in_addition_to_the_common_ones()
    {
        var declared = DeclaredSubscriptions.Read(
            JsonElement.Parse(
                """
                {
                  "topics": [{
                    "name": "assets",
                    "subscriptions": [
                      { "name": "plain" },
                      {
                        "name": "narrow",
                        "rules": {
                          "$Default": { "sql": "audience = '{subscription}'" },
                          "north": { "correlation": { "location": "north" } }
                        }
                      }
                    ]
                  }],
                  "rules": { "$Default": { "correlation": { "audience": "all" } } }
                }
                """
            )
        )["assets"];

        declared[0]
            .Rules["$Default"]
            .ShouldBe(new CorrelationRuleFilter { ApplicationProperties = { ["audience"] = "all" } });
        declared[1].Rules["$Default"].ShouldBe(new SqlRuleFilter("audience = 'narrow'"));
        declared[1]
            .Rules["north"]
            .ShouldBe(new CorrelationRuleFilter { ApplicationProperties = { ["location"] = "north" } });
    }

    [Fact]
    public void Every_routed_event_has_a_topic()
    {
        foreach (var route in NotificationRoutes.All)
        {
            TopicMap.Topics.ShouldContain(TopicMap.TopicOf(route.EventName));
        }
    }

    [Fact]
    public void Every_notification_type_is_routed() =>
        NotificationRoutes
            .All.Select(route => route.Type)
            .ShouldBe(ConstantsOf(typeof(NotificationTypes)), ignoreOrder: true);

    [Fact]
    public void A_full_type_and_its_name_convert_to_each_other()
    {
        EventTypes.Of(EventNames.AssetChanged).ShouldBe("notificationhub.asset.changed.v1");
        EventTypes.NameOf("notificationhub.asset.changed.v1").ShouldBe(EventNames.AssetChanged);
        EventTypes.NameOf("com.example.asset.changed.v1").ShouldBeNull();
        EventTypes.NameOf("notificationhub..v1").ShouldBeNull();
    }

    private static BusMessage MessageFor(string audience) =>
        new()
        {
            MessageId = "1",
            Body = default,
            Properties = new Dictionary<string, object> { ["audience"] = audience },
        };

    private static IEnumerable<string> ConstantsOf(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetValue(null)!);
}
