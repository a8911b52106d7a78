using System.Text.Json;
using System.Xml;

namespace NotificationHub.LocalBus;

/// <summary>Topics, subscriptions and rules, in the format of the hub's <c>topics.json</c>. Durations are in ISO 8601.</summary>
/// <param name="Topics">The topics.</param>
/// <param name="Rules">Correlation rules of every subscription: application properties by rule name. <c>{subscription}</c> stands for the subscription's name.</param>
/// <param name="DuplicateDetectionWindow">How long a topic remembers message IDs.</param>
/// <param name="LockDuration">How long a receiver holds a message or a session.</param>
/// <param name="MaxDeliveryCount">Deliveries before a message becomes a dead letter.</param>
/// <param name="DefaultMessageTimeToLive">Lifetime of a message that sets none, and the longest lifetime.</param>
/// <param name="DeadLetteringOnMessageExpiration">Whether an expired message becomes a dead letter.</param>
public sealed record Topology(
    IReadOnlyList<TopicDeclaration> Topics,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Rules,
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

        // RespectNullableAnnotations does not check the elements of collections.
        IEnumerable<object?> elements =
        [
            .. topology.Topics,
            .. topology.Topics.OfType<TopicDeclaration>().SelectMany(topic => topic.Subscriptions),
            .. topology.Rules.Values,
            .. topology.Rules.Values.OfType<IReadOnlyDictionary<string, string>>().SelectMany(rule => rule.Values),
        ];
        return elements.Contains(null)
            ? throw new JsonException("topics, subscriptions and rules must not contain null.")
            : topology;
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

    internal IReadOnlyList<SubscriptionRule> RulesOf(string subscription) =>
        [
            .. Rules.Select(rule => new SubscriptionRule(
                rule.Key,
                new CorrelationFilter
                {
                    Properties = rule.Value.ToDictionary(
                        pair => pair.Key,
                        object (pair) => pair.Value.Replace("{subscription}", subscription, StringComparison.Ordinal)
                    ),
                }
            )),
        ];
}

/// <summary>A topic of the topology.</summary>
/// <param name="Name">The topic's name.</param>
/// <param name="Subscriptions">Its subscriptions.</param>
public sealed record TopicDeclaration(string Name, IReadOnlyList<SubscriptionDeclaration> Subscriptions);

/// <summary>A subscription of the topology.</summary>
/// <param name="Name">The subscription's name.</param>
/// <param name="RequiresSession">Whether receivers take one session (<c>SessionId</c>) at a time.</param>
public sealed record SubscriptionDeclaration(string Name, bool RequiresSession = false);
