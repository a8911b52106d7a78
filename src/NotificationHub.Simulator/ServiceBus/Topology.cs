using System.Text.Json;
using System.Xml;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>The topics, subscriptions and rules of <c>topics.json</c>, which also makes the real namespace.</summary>
internal sealed record Topology(
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
    };

    public static Topology Load()
    {
        using var file =
            typeof(Topology).Assembly.GetManifestResourceStream("topics.json")
            ?? throw new InvalidOperationException("topics.json is not embedded.");
        return JsonSerializer.Deserialize<Topology>(file, Json)
            ?? throw new InvalidOperationException("topics.json holds no object.");
    }

    public SubscriptionSettings Settings(SimulatedServiceBusOptions options) =>
        new(
            options.LockDuration ?? XmlConvert.ToTimeSpan(LockDuration),
            options.MaxDeliveryCount ?? MaxDeliveryCount,
            XmlConvert.ToTimeSpan(DefaultMessageTimeToLive),
            DeadLetteringOnMessageExpiration,
            options.KeepHistory
        );

    public IReadOnlyList<CorrelationRule> RulesOf(string subscription) =>
        [
            .. Rules.Values.Select(rule => new CorrelationRule(
                rule.ToDictionary(
                    pair => pair.Key,
                    pair => pair.Value.Replace("{subscription}", subscription, StringComparison.Ordinal)
                )
            )),
        ];
}

internal sealed record TopicDeclaration(string Name, IReadOnlyList<SubscriptionDeclaration> Subscriptions);

internal sealed record SubscriptionDeclaration(string Name);

internal sealed record SubscriptionSettings(
    TimeSpan LockDuration,
    int MaxDeliveryCount,
    TimeSpan DefaultTimeToLive,
    bool DeadLettersExpired,
    bool KeepHistory
);

/// <summary>Matches messages that carry every one of these application properties with just this value.</summary>
internal sealed record CorrelationRule(IReadOnlyDictionary<string, string> Properties)
{
    public bool Matches(BusMessage message)
    {
        foreach (var (name, value) in Properties)
        {
            if (!message.Properties.TryGetValue(name, out var actual) || actual is not string text || text != value)
            {
                return false;
            }
        }

        return true;
    }
}
