using System.Text.Json;

namespace NotificationHub.Tests.Crash;

/// <summary>Feed consumer that checks that an event ID always has the same content.</summary>
internal sealed class FeedRecorder : IDisposable
{
    private readonly HttpClient http = new();
    private readonly Dictionary<string, string> events = new(StringComparer.Ordinal);

    /// <summary>IDs that were read again with other content.</summary>
    public List<string> Changed { get; } = [];

    public IReadOnlyDictionary<string, string> Events => events;

    /// <summary>Reads the whole feed from its first event.</summary>
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
