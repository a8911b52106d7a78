using System.Collections.Frozen;
using System.Text.Json;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

/// <summary>The subscriptions of each topic, from <c>infra/bicep/topics.json</c>.</summary>
internal static class DeclaredSubscriptions
{
    private static readonly FrozenDictionary<string, string[]> NamesByTopic = Load();

    public static IReadOnlyList<string> Of(string topic) => NamesByTopic.GetValueOrDefault(topic, []);

    private static FrozenDictionary<string, string[]> Load()
    {
        using var stream = typeof(TopicMap).Assembly.GetManifestResourceStream("topics.json")!;
        using var document = JsonDocument.Parse(stream);
        return document
            .RootElement.GetProperty("topics")
            .EnumerateArray()
            .ToFrozenDictionary(
                topic => topic.GetProperty("name").GetString()!,
                topic =>
                    topic
                        .GetProperty("subscriptions")
                        .EnumerateArray()
                        .Select(subscription => subscription.GetProperty("name").GetString()!)
                        .ToArray(),
                StringComparer.Ordinal
            );
    }
}
