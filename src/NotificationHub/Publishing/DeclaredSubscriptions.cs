using System.Collections.Frozen;
using System.Text.Json;
using Azure.Messaging.ServiceBus.Administration;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

/// <summary>A subscription and its rules by name.</summary>
internal sealed record DeclaredSubscription(string Name, IReadOnlyDictionary<string, RuleFilter> Rules);

/// <summary>The subscriptions of each topic, from <c>infra/bicep/topics.json</c>.</summary>
internal static class DeclaredSubscriptions
{
    private static readonly FrozenDictionary<string, DeclaredSubscription[]> ByTopic = Load();

    public static IReadOnlyList<DeclaredSubscription> ForTopic(string topic) => ByTopic.GetValueOrDefault(topic, []);

    public static IEnumerable<string> NamesOf(string topic) =>
        ForTopic(topic).Select(subscription => subscription.Name);

    /// <summary>Reads the subscriptions of a <c>topics.json</c> by topic.</summary>
    public static FrozenDictionary<string, DeclaredSubscription[]> Read(JsonElement declaration) =>
        declaration
            .GetProperty("topics")
            .EnumerateArray()
            .ToFrozenDictionary(
                topic => topic.GetProperty("name").GetString()!,
                topic =>
                    topic
                        .GetProperty("subscriptions")
                        .EnumerateArray()
                        .Select(subscription => Create(subscription, declaration.GetProperty("rules")))
                        .ToArray(),
                StringComparer.Ordinal
            );

    private static FrozenDictionary<string, DeclaredSubscription[]> Load()
    {
        using var stream = typeof(TopicMap).Assembly.GetManifestResourceStream("topics.json")!;
        using var document = JsonDocument.Parse(stream);
        return Read(document.RootElement);
    }

    private static DeclaredSubscription Create(JsonElement subscription, JsonElement commonRules)
    {
        var name = subscription.GetProperty("name").GetString()!;
        var rules = new Dictionary<string, RuleFilter>(StringComparer.Ordinal);
        // A rule of the subscription replaces the common rule with the same name.
        foreach (
            var rule in commonRules
                .EnumerateObject()
                .Concat(subscription.TryGetProperty("rules", out var own) ? own.EnumerateObject() : [])
        )
        {
            rules[rule.Name] = CreateFilter(rule.Value, name);
        }

        return new DeclaredSubscription(name, rules);
    }

    private static RuleFilter CreateFilter(JsonElement rule, string subscription)
    {
        if (rule.TryGetProperty("sql", out var sql))
        {
            return new SqlRuleFilter(WithName(sql, subscription));
        }

        var filter = new CorrelationRuleFilter();
        foreach (var property in rule.GetProperty("correlation").EnumerateObject())
        {
            filter.ApplicationProperties[property.Name] = WithName(property.Value, subscription);
        }

        return filter;
    }

    private static string WithName(JsonElement text, string subscription) =>
        text.GetString()!.Replace("{subscription}", subscription, StringComparison.Ordinal);
}
