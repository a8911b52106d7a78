using System.Text.Json;
using System.Text.Json.Nodes;
using NotificationHub.LocalBus;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The deployment creates what topics.json declares, as the local bus does.</summary>
public sealed class ServiceBusDeploymentTests
{
    private const string Topic = "Microsoft.ServiceBus/namespaces/topics";

    private static readonly JsonElement Declared = BicepFiles.Json("topics.json");

    [BicepFact]
    public void The_deployment_creates_the_declared_topics() =>
        Deployed(Topic).Select(topic => topic.Path).ShouldBe(Topics().Select(topic => topic.Text("name")!));

    [BicepFact]
    public void Every_topic_is_created_with_duplicate_detection_for_a_day()
    {
        foreach (var (_, properties) in Deployed(Topic))
        {
            properties.At("requiresDuplicateDetection").GetBoolean().ShouldBeTrue();
            properties.Text("duplicateDetectionHistoryTimeWindow").ShouldBe("P1D");
            IsDeclared(properties, "defaultMessageTimeToLive");
        }
    }

    [BicepFact]
    public void Topics_have_the_maximum_size_of_the_tier()
    {
        SizesIn(Deployment.Dev).ShouldBe([5 * 1024]);
        SizesIn(Deployment.Prod).ShouldBe([80 * 1024]);

        static IEnumerable<int> SizesIn(Deployment deployment) =>
            deployment.OfType(Topic).Select(topic => topic.At("properties.maxSizeInMegabytes").GetInt32()).Distinct();
    }

    [BicepFact]
    public void The_deployment_creates_the_declared_subscriptions()
    {
        var deployed = Deployed($"{Topic}/subscriptions").ToArray();

        deployed
            .Select(subscription => (subscription.Path, subscription.Properties.At("requiresSession").GetBoolean()))
            .ShouldBe(Subscriptions().Select(own => (own.Path, own.Subscription.At("requiresSession").GetBoolean())));
        foreach (var (_, properties) in deployed)
        {
            IsDeclared(properties, "lockDuration");
            IsDeclared(properties, "maxDeliveryCount");
            IsDeclared(properties, "defaultMessageTimeToLive");
            IsDeclared(properties, "deadLetteringOnMessageExpiration");
        }
    }

    [BicepFact]
    public void A_declared_rule_replaces_the_rule_for_all_messages()
    {
        // Service Bus may remove the rule $Default when the first other rule is created, so the declared one comes last.
        Deployed($"{Topic}/subscriptions/rules")
            .GroupBy(rule => rule.Path[..rule.Path.LastIndexOf('/')], rule => rule.Path.Split('/')[^1])
            .Select(rules => (rules.Key, string.Join(", ", rules)))
            .ShouldBe(Subscriptions().Select(own => (own.Path, $"own, {SubscriptionRule.DefaultName}")));
        // Rules of a subscription are created in order only if they are created one at a time.
        Deployment
            .Main.At("resources.serviceBus.properties.template.resources.subscriptionRules.copy.batchSize")
            .GetInt32()
            .ShouldBe(1);
    }

    [BicepFact]
    public void Every_subscription_has_the_declared_rules_as_on_the_local_bus()
    {
        RulesOf(Deployment.Dev).ShouldBe(RulesOf(Topology.Default()), ignoreOrder: true);
        RulesOf(Deployment.Dev).Count().ShouldBe(2 * Subscriptions().Count());
    }

    [BicepFact]
    public void A_rule_of_a_subscription_is_added_or_replaces_the_common_one()
    {
        var topics = JsonNode.Parse(BicepFiles.Read("topics.json"))!;
        topics["topics"]![0]!["subscriptions"]![0]!["rules"] = JsonNode.Parse(
            """
            {
              "$Default": { "sql": "audience = 'all' AND adamId IS NULL" },
              "north": { "correlation": { "audience": "all", "location": "north" } },
              "mine": { "sql": "audience = '{subscription}-team'" }
            }
            """
        );

        var deployed = RulesOf(Deployment.WithTopics(topics.ToJsonString())).ToArray();

        deployed
            .Where(rule => rule.StartsWith("assets/inventory/", StringComparison.Ordinal))
            .ShouldBe([
                "assets/inventory/own: audience=inventory",
                "assets/inventory/north: audience=all, location=north",
                "assets/inventory/mine: audience = 'inventory-team'",
                "assets/inventory/$Default: audience = 'all' AND adamId IS NULL",
            ]);
        deployed.ShouldBe(RulesOf(Topology.Parse(topics.ToJsonString())), ignoreOrder: true);
    }

    /// <summary>The rules that the compiler predicts, each with its path and filter.</summary>
    internal static IEnumerable<string> RulesOf(Deployment deployment) =>
        Deployed(deployment, $"{Topic}/subscriptions/rules")
            .Select(rule =>
                rule.Properties.Text("filterType") == "SqlFilter"
                    ? $"{rule.Path}: {rule.Properties.Text("sqlFilter.sqlExpression")}"
                    : $"{rule.Path}: {Text(
                        rule.Properties.At("correlationFilter.properties").EnumerateObject(),
                        property => (property.Name, property.Value.GetString())
                    )}"
            );

    /// <summary>The rules of the local bus in the same form.</summary>
    internal static IEnumerable<string> RulesOf(Topology topology) =>
        from topic in topology.Topics
        from subscription in topic.Subscriptions
        from rule in topology.RulesOf(subscription)
        let filter = rule.Filter is SqlFilter sql
            ? sql.Expression
            : Text(((CorrelationFilter)rule.Filter).Properties, property => (property.Key, property.Value))
        select $"{topic.Name}/{subscription.Name}/{rule.Name}: {filter}";

    private static string Text<T>(IEnumerable<T> properties, Func<T, (string Name, object? Value)> read) =>
        string.Join(
            ", ",
            properties
                .Select(read)
                .OrderBy(property => property.Name, StringComparer.Ordinal)
                .Select(property => $"{property.Name}={property.Value}")
        );

    private static IEnumerable<(string Path, JsonElement Properties)> Deployed(string type) =>
        Deployed(Deployment.Dev, type);

    private static IEnumerable<(string Path, JsonElement Properties)> Deployed(Deployment deployment, string type) =>
        deployment
            .OfType(type)
            .Select(resource => (resource.Text("name")!.Split('/', 2)[1], resource.At("properties")));

    private static IEnumerable<JsonElement> Topics() => Declared.At("topics").EnumerateArray();

    private static IEnumerable<(string Path, JsonElement Subscription)> Subscriptions() =>
        Topics()
            .SelectMany(
                topic => topic.At("subscriptions").EnumerateArray(),
                (topic, own) => ($"{topic.Text("name")}/{own.Text("name")}", own)
            );

    private static void IsDeclared(JsonElement properties, string name) =>
        JsonElement.DeepEquals(properties.At(name), Declared.At(name)).ShouldBeTrue(name);
}
