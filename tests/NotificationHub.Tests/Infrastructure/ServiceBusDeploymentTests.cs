using NotificationHub.LocalBus;
using NotificationHub.Tests.Infrastructure.Bicep;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The deployment makes what topics.json declares: the same as the simulator makes of it.</summary>
public sealed class ServiceBusDeploymentTests
{
    private static readonly Topology Declared = Topology.Default();
    private static readonly BicepFile File = BicepFolder.Module("service-bus");

    [Fact]
    public void The_topics_are_those_that_are_declared()
    {
        var names = With([]).Variable("topicNames").ShouldBeOfType<object?[]>();

        names.ShouldBe(Declared.Topics.Select(topic => topic.Name));
        Each("topics", "topicName").Select(topic => topic["name"]).ShouldBe(names);
    }

    [Fact]
    public void Every_topic_detects_duplicates_for_a_day_from_its_creation_on()
    {
        foreach (var topic in Each("topics", "topicName"))
        {
            var properties = Object(topic["properties"]);
            properties["requiresDuplicateDetection"].ShouldBe(true);
            properties["duplicateDetectionHistoryTimeWindow"].ShouldBe("P1D");
            properties["defaultMessageTimeToLive"].ShouldBe(Declared.DefaultMessageTimeToLive);
        }
    }

    [Fact]
    public void The_subscriptions_are_those_that_are_declared()
    {
        Subscriptions()
            .ShouldBe(Declared.Topics.SelectMany(topic => topic.Subscriptions, (topic, own) => (topic.Name, own.Name)));

        Each("topicSubscriptions", "subscription", "subscriptions")
            .Select(subscription => Object(subscription["properties"])["requiresSession"])
            .ShouldBe(
                BicepFolder
                    .Json("topics.json")
                    .GetProperty("topics")
                    .EnumerateArray()
                    .SelectMany(topic => topic.GetProperty("subscriptions").EnumerateArray())
                    .Select(object (subscription) => subscription.GetProperty("requiresSession").GetBoolean())
            );

        foreach (var subscription in Each("topicSubscriptions", "subscription", "subscriptions"))
        {
            var properties = Object(subscription["properties"]);
            properties["lockDuration"].ShouldBe(Declared.LockDuration);
            properties["maxDeliveryCount"].ShouldBe((long)Declared.MaxDeliveryCount);
            properties["defaultMessageTimeToLive"].ShouldBe(Declared.DefaultMessageTimeToLive);
            properties["deadLetteringOnMessageExpiration"].ShouldBe(Declared.DeadLetteringOnMessageExpiration);
        }
    }

    [Fact]
    public void Every_subscription_has_the_two_rules_and_none_that_lets_everything_in()
    {
        var subscriptions = Subscriptions();
        var parent = (IndexExpression)File[BicepDeclarationKind.Resource, "subscriptionRules"].Body["parent"];
        parent.Target.ShouldBeOfType<NameExpression>().Name.ShouldBe("topicSubscriptions");
        var made = Items("rules")
            .Select(rule =>
            {
                var names = With(new() { ["rule"] = rule });
                var body = Made("subscriptionRules", names);
                var properties = Object(body["properties"]);
                properties["filterType"].ShouldBe("CorrelationFilter");
                body["name"].ShouldNotBe("$Default");
                var filter = Object(Object(properties["correlationFilter"])["properties"]).Single();
                return (subscriptions[(int)(long)names.Evaluate(parent.Index)!], $"{filter.Key}={filter.Value}");
            });

        made.ShouldBe(
            Declared.Topics.SelectMany(topic =>
                topic.Subscriptions.SelectMany(
                    own => (string[])["audience=all", $"audience={own.Name}"],
                    (own, rule) => ((topic.Name, own.Name), rule)
                )
            ),
            ignoreOrder: true
        );
        made.ShouldBe(
            Declared.Topics.SelectMany(topic =>
                topic.Subscriptions.SelectMany(
                    own => Declared.RulesOf(own.Name).SelectMany(rule => ((CorrelationFilter)rule.Filter).Properties),
                    (own, pair) => ((topic.Name, own.Name), $"{pair.Key}={pair.Value}")
                )
            ),
            ignoreOrder: true
        );
    }

    /// <summary>Each subscription with the topic that it is made under.</summary>
    private static List<(string Topic, string Name)> Subscriptions()
    {
        var topics = With([]).Variable("topicNames").ShouldBeOfType<object?[]>();
        var body = File[BicepDeclarationKind.Resource, "topicSubscriptions"].Body;
        var parent = (IndexExpression)body["parent"];
        parent.Target.ShouldBeOfType<NameExpression>().Name.ShouldBe("topics");
        return
        [
            .. Items("subscriptions")
                .Select(subscription => With(new() { ["subscription"] = subscription }))
                .Select(names =>
                    ((string)topics[(int)(long)names.Evaluate(parent.Index)!]!, (string)names.Evaluate(body["name"])!)
                ),
        ];
    }

    private static IEnumerable<Dictionary<string, object?>> Each(string resource, string item, string? source = null)
    {
        var loop = File[BicepDeclarationKind.Resource, resource].Value.ShouldBeOfType<ForExpression>();
        loop.Item.ShouldBe(item);
        loop.Source.ShouldBeOfType<NameExpression>().Name.ShouldBe(source ?? "topicNames");
        return Items(source ?? "topicNames").Select(value => Made(resource, With(new() { [item] = value })));
    }

    /// <summary>What is made of a resource's body, without its parent.</summary>
    private static Dictionary<string, object?> Made(string resource, BicepEvaluator names) =>
        File[BicepDeclarationKind.Resource, resource]
            .Body.Members.Where(member => member.Name != "parent")
            .ToDictionary(member => member.Name!, member => names.Evaluate(member.Value));

    private static object?[] Items(string variable) => With([]).Variable(variable).ShouldBeOfType<object?[]>();

    private static BicepEvaluator With(Dictionary<string, object?> names) => new(File, names);

    private static Dictionary<string, object?> Object(object? value) =>
        value.ShouldBeOfType<Dictionary<string, object?>>();
}
