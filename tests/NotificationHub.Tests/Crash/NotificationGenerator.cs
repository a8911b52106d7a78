using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NotificationHub.Tests.Routing;

namespace NotificationHub.Tests.Crash;

internal sealed record SampleNotification(string Id, byte[] Body)
{
    /// <summary>The ID and the digest of the body.</summary>
    public string Identity { get; } = $"{Id} {Convert.ToHexStringLower(SHA256.HashData(Body))}";
}

/// <summary>Generates notifications of all types from the corpus; some are repeated, some with another body.</summary>
internal sealed class NotificationGenerator(int seed)
{
    private const string IdPlaceholder = "{id}";
    private const int RecentCount = 200;

    private readonly Random random = new(seed);
    private readonly Lock gate = new();
    private readonly string[] templates = [.. LoadTemplates()];
    private readonly List<SampleNotification> recent = [];
    private int count;

    public SampleNotification Next()
    {
        lock (gate)
        {
            var dice = recent.Count == 0 ? 1 : random.NextDouble();
            return dice switch
            {
                < 0.10 => recent[random.Next(recent.Count)],
                < 0.13 => Contradict(recent[random.Next(recent.Count)]),
                < 0.15 => Create("""{"notificationId":"{id}","notificationType":"NEXT_YEARS","notification":{}}"""),
                _ => Create(templates[random.Next(templates.Length)]),
            };
        }
    }

    private SampleNotification Create(string template)
    {
        var id = $"n-{++count}";
        var notification = new SampleNotification(
            id,
            Encoding.UTF8.GetBytes(template.Replace(IdPlaceholder, id, StringComparison.Ordinal))
        );
        recent.Add(notification);
        if (recent.Count > RecentCount)
        {
            recent.RemoveAt(0);
        }

        return notification;
    }

    private SampleNotification Contradict(SampleNotification notification) =>
        new(notification.Id, [.. notification.Body[..^1], .. Encoding.UTF8.GetBytes($$""","again":{{++count}}}""")]);

    private static IEnumerable<string> LoadTemplates()
    {
        foreach (var body in PayloadCorpus.Good.Select(PayloadCorpus.Read).Where(body => body[0] == '{'))
        {
            var notification = JsonNode.Parse(body)!.AsObject();
            notification["notificationId"] = IdPlaceholder;
            notification["uId"] = "2049025000431439";
            yield return notification.ToJsonString();
        }
    }
}
