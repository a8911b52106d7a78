using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NotificationHub.Tests.Routing;

namespace NotificationHub.Tests.Crash;

/// <summary>A notification as Apple posts it.</summary>
internal sealed record Post(string Id, byte[] Body)
{
    /// <summary>What tells two stored notifications apart.</summary>
    public string Identity { get; } = $"{Id} {Convert.ToHexStringLower(SHA256.HashData(Body))}";
}

/// <summary>Makes posts of all types out of the corpus; some come again, some come again with another body.</summary>
internal sealed class PostSource(int seed)
{
    private const string IdPlace = "{id}";
    private const int Remembered = 200;

    private readonly Random random = new(seed);
    private readonly Lock gate = new();
    private readonly string[] templates = [.. LoadTemplates()];
    private readonly List<Post> recent = [];
    private int count;

    public Post Next()
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

    private Post Create(string template)
    {
        var id = $"n-{++count}";
        var post = new Post(id, Encoding.UTF8.GetBytes(template.Replace(IdPlace, id, StringComparison.Ordinal)));
        recent.Add(post);
        if (recent.Count > Remembered)
        {
            recent.RemoveAt(0);
        }

        return post;
    }

    private Post Contradict(Post post) =>
        new(post.Id, [.. post.Body[..^1], .. Encoding.UTF8.GetBytes($$""","again":{{++count}}}""")]);

    private static IEnumerable<string> LoadTemplates()
    {
        foreach (var body in PayloadCorpus.Good.Select(PayloadCorpus.Read).Where(body => body[0] == '{'))
        {
            var notification = JsonNode.Parse(body)!.AsObject();
            notification["notificationId"] = IdPlace;
            notification["uId"] = "2049025000431439";
            yield return notification.ToJsonString();
        }
    }
}
