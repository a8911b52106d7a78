using System.Text.Json;
using System.Xml;

namespace NotificationHub.LocalBus;

/// <summary>Topics, subscriptions and rules, in the format of the hub's <c>topics.json</c>. Durations are in ISO 8601.</summary>
/// <param name="Topics">The topics.</param>
/// <param name="Rules">The rules of every subscription by name. <c>{subscription}</c> stands for the subscription's name.</param>
/// <param name="DuplicateDetectionWindow">How long a topic remembers message IDs.</param>
/// <param name="LockDuration">How long a receiver holds a message or a session.</param>
/// <param name="MaxDeliveryCount">Deliveries before a message becomes a dead letter.</param>
/// <param name="DefaultMessageTimeToLive">Lifetime of a message that sets none, and the longest lifetime.</param>
/// <param name="DeadLetteringOnMessageExpiration">Whether an expired message becomes a dead letter.</param>
public sealed record Topology(
    IReadOnlyList<TopicDeclaration> Topics,
    IReadOnlyDictionary<string, RuleDeclaration> Rules,
    string DuplicateDetectionWindow,
    string LockDuration,
    int MaxDeliveryCount,
    string DefaultMessageTimeToLive,
    bool DeadLetteringOnMessageExpiration
)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Reads a <c>topics.json</c>.</summary>
    /// <exception cref="JsonException">The text is not a topology, or a duration is invalid.</exception>
    public static Topology Parse(string json)
    {
        var topology =
            JsonSerializer.Deserialize<Topology>(json, Json) ?? throw new JsonException("The topology is null.");
        Check(nameof(DuplicateDetectionWindow), topology.DuplicateDetectionWindow);
        Check(nameof(LockDuration), topology.LockDuration);
        Check(nameof(DefaultMessageTimeToLive), topology.DefaultMessageTimeToLive);
        if (topology.MaxDeliveryCount < 1)
        {
            throw new JsonException($"maxDeliveryCount must be at least 1, and not {topology.MaxDeliveryCount}.");
        }

        CheckNulls(topology);
        CheckRules(topology);
        return topology;
    }

    /// <summary>The hub's topics.</summary>
    public static Topology Default()
    {
        using var file =
            typeof(Topology).Assembly.GetManifestResourceStream("topics.json")
            ?? throw new InvalidOperationException("topics.json is not embedded.");
        using var reader = new StreamReader(file);
        return Parse(reader.ReadToEnd());
    }

    private static void CheckNulls(Topology topology)
    {
        // RespectNullableAnnotations does not check the elements of collections.
        var subscriptions = topology
            .Topics.OfType<TopicDeclaration>()
            .SelectMany(topic => topic.Subscriptions)
            .ToList();
        var rules = subscriptions
            .OfType<SubscriptionDeclaration>()
            .SelectMany(subscription => subscription.Rules?.Values ?? [])
            .Concat(topology.Rules.Values)
            .ToList();
        IEnumerable<object?> elements =
        [
            .. topology.Topics,
            .. subscriptions,
            .. rules,
            .. rules.OfType<RuleDeclaration>().SelectMany(rule => rule.Correlation?.Values ?? []),
        ];
        if (elements.Contains(null))
        {
            throw new JsonException("topics, subscriptions and rules must not contain null.");
        }
    }

    private static void CheckRules(Topology topology)
    {
        foreach (var subscription in topology.Topics.SelectMany(topic => topic.Subscriptions))
        {
            foreach (var (name, rule) in topology.DeclaredRules(subscription))
            {
                if (rule.Sql is null == rule.Correlation is not { Count: > 0 })
                {
                    throw new JsonException(
                        $"The rule '{name}' must have either sql or correlation, and not be empty."
                    );
                }

                try
                {
                    rule.ToFilter(subscription.Name);
                }
                catch (FormatException exception)
                {
                    throw new JsonException($"The rule '{name}': not supported: {exception.Message}.", exception);
                }
            }
        }
    }

    private static void Check(string member, string duration)
    {
        TimeSpan? parsed = null;
        try
        {
            parsed = XmlConvert.ToTimeSpan(duration);
        }
        catch (Exception e) when (e is FormatException or OverflowException) { }

        if (parsed is null || parsed <= TimeSpan.Zero)
        {
            throw new JsonException(
                $"{JsonNamingPolicy.CamelCase.ConvertName(member)} must be a positive duration in ISO 8601, such as PT1M or P14D, not '{duration}'."
            );
        }
    }

    internal QueueSettings Settings(LocalServiceBusOptions options, bool requiresSession) =>
        new(
            options.LockDuration ?? XmlConvert.ToTimeSpan(LockDuration),
            options.MaxDeliveryCount ?? MaxDeliveryCount,
            XmlConvert.ToTimeSpan(DefaultMessageTimeToLive),
            DeadLetteringOnMessageExpiration,
            requiresSession
        );

    internal TimeSpan Window(LocalServiceBusOptions options) =>
        options.DuplicateDetectionWindow ?? XmlConvert.ToTimeSpan(DuplicateDetectionWindow);

    internal IReadOnlyList<SubscriptionRule> RulesOf(SubscriptionDeclaration subscription) =>
        [
            .. DeclaredRules(subscription)
                .Select(rule => new SubscriptionRule(rule.Key, rule.Value.ToFilter(subscription.Name))),
        ];

    private Dictionary<string, RuleDeclaration> DeclaredRules(SubscriptionDeclaration subscription)
    {
        var rules = new Dictionary<string, RuleDeclaration>(Rules, StringComparer.Ordinal);
        foreach (var (name, rule) in subscription.Rules ?? new Dictionary<string, RuleDeclaration>())
        {
            rules[name] = rule;
        }

        return rules;
    }
}

/// <summary>A topic of the topology.</summary>
/// <param name="Name">The topic's name.</param>
/// <param name="Subscriptions">Its subscriptions.</param>
public sealed record TopicDeclaration(string Name, IReadOnlyList<SubscriptionDeclaration> Subscriptions);

/// <summary>A subscription of the topology.</summary>
/// <param name="Name">The subscription's name.</param>
/// <param name="RequiresSession">Whether receivers take one session (<c>SessionId</c>) at a time.</param>
/// <param name="Rules">Its own rules by name. A rule replaces the common rule with the same name.</param>
public sealed record SubscriptionDeclaration(
    string Name,
    bool RequiresSession = false,
    IReadOnlyDictionary<string, RuleDeclaration>? Rules = null
);

/// <summary>A rule of a subscription, with one of the two filters.</summary>
/// <param name="Correlation">Application properties and their values, which a message must all have.</param>
/// <param name="Sql">An SQL expression.</param>
public sealed record RuleDeclaration(IReadOnlyDictionary<string, string>? Correlation = null, string? Sql = null)
{
    internal RuleFilter ToFilter(string subscription) =>
        Sql is { } expression
            ? new SqlFilter(WithName(expression, subscription))
            : new CorrelationFilter
            {
                Properties = Correlation!.ToDictionary(
                    pair => pair.Key,
                    object (pair) => WithName(pair.Value, subscription)
                ),
            };

    private static string WithName(string text, string subscription) =>
        text.Replace("{subscription}", subscription, StringComparison.Ordinal);
}
