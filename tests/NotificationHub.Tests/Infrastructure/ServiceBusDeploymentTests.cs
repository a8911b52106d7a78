using System.Text.Json;
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
    public void Every_subscription_has_its_two_rules()
    {
        var deployed = Deployed($"{Topic}/subscriptions/rules").ToArray();

        deployed.ShouldAllBe(rule => rule.Properties.Text("filterType") == "CorrelationFilter");
        var made = deployed.SelectMany(
            rule => rule.Properties.At("correlationFilter.properties").EnumerateObject(),
            (rule, own) => (rule.Path[..rule.Path.LastIndexOf('/')], own.Name, own.Value.GetString())
        );
        made.ShouldBe(
            Subscriptions()
                .SelectMany(
                    own => (string?[])["all", own.Subscription.Text("name")],
                    (own, audience) => (own.Path, "audience", audience)
                ),
            ignoreOrder: true
        );
        made.ShouldBe(
            Topology
                .Default()
                .Topics.SelectMany(topic => topic.Subscriptions, (topic, own) => (Topic: topic.Name, own.Name))
                .SelectMany(
                    own => Topology.Default().RulesOf(own.Name),
                    (own, rule) => (Path: $"{own.Topic}/{own.Name}", ((CorrelationFilter)rule.Filter).Properties)
                )
                .SelectMany(rule => rule.Properties, (rule, pair) => (rule.Path, pair.Key, (string?)$"{pair.Value}")),
            ignoreOrder: true
        );
    }

    private static IEnumerable<(string Path, JsonElement Properties)> Deployed(string type) =>
        Deployment
            .Dev.OfType(type)
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
