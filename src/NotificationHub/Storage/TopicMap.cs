using System.Collections.Frozen;
using System.Text.Json;

namespace NotificationHub.Storage;

/// <summary>The topic of each event, from <c>infra/bicep/topics.json</c>.</summary>
internal static class TopicMap
{
    private static readonly FrozenDictionary<string, string> TopicByEvent = Load();

    public static IReadOnlyList<string> Topics { get; } =
    [.. TopicByEvent.Values.Distinct().Order(StringComparer.Ordinal)];

    /// <param name="eventName">The name without prefix and version: <c>asset.changed</c>.</param>
    public static string TopicOf(string eventName) =>
        TopicByEvent.TryGetValue(eventName, out var topic)
            ? topic
            : throw new ArgumentException($"topics.json assigns '{eventName}' to no topic.", nameof(eventName));

    public static bool Knows(string eventName) => TopicByEvent.ContainsKey(eventName);

    private static FrozenDictionary<string, string> Load()
    {
        using var stream = typeof(TopicMap).Assembly.GetManifestResourceStream("topics.json")!;
        using var document = JsonDocument.Parse(stream);
        return document
            .RootElement.GetProperty("topics")
            .EnumerateArray()
            .SelectMany(topic =>
                topic
                    .GetProperty("events")
                    .EnumerateArray()
                    .Select(name => KeyValuePair.Create(name.GetString()!, topic.GetProperty("name").GetString()!))
            )
            .ToFrozenDictionary(StringComparer.Ordinal);
    }
}
