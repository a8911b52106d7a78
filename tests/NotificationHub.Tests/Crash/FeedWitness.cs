using System.Text.Json;

namespace NotificationHub.Tests.Crash;

/// <summary>A consumer of the feed with a good memory: whatever had an id once must have it for ever.</summary>
internal sealed class FeedWitness : IDisposable
{
    private readonly HttpClient http = new();
    private readonly Dictionary<string, string> events = new(StringComparer.Ordinal);

    /// <summary>Ids that came back with another content.</summary>
    public List<string> Changed { get; } = [];

    /// <summary>The events by id.</summary>
    public IReadOnlyDictionary<string, string> Events => events;

    /// <summary>Reads the whole feed, from its first event on.</summary>
    public async Task ReadAsync(Uri hub)
    {
        var after = "0";
        while (true)
        {
            var text = await http.GetStringAsync(new Uri(hub, $"/events?limit=10000&after={after}"));
            var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (lines.Length == 0)
            {
                return;
            }

            Array.ForEach(lines, Remember);
            after = IdOf(lines[^1]).Split('-')[1];
        }
    }

    public void Dispose() => http.Dispose();

    private void Remember(string line)
    {
        var id = IdOf(line);
        if (!events.TryAdd(id, line) && events[id] != line)
        {
            Changed.Add(id);
        }
    }

    private static string IdOf(string line) => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!;
}
