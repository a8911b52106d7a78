using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Drill;

/// <summary>Records the drill's actions and what is visible from outside: health, metrics, events, responses to Apple.</summary>
internal sealed class DrillJournal(
    Func<HttpClient> http,
    SimulatedApple apple,
    HubMeters meters,
    HubLog log,
    DrillTime time
)
{
    private const string EventTypePrefix = "notificationhub.";

    private readonly List<DrillLine> lines = [];
    private long lastEvent;
    private int attemptsSeen;

    public IReadOnlyList<DrillLine> Lines => lines;

    /// <summary>The hub's ID of the location, which differs in each drill.</summary>
    public string? LocationId { get; set; }

    public void Action(string action) => Record("done", action);

    public Task<JsonElement> ReadDetailAsync(CancellationToken cancellationToken) =>
        http().GetFromJsonAsync<JsonElement>("/health/detail", cancellationToken);

    /// <summary>The ID of the running hub; null if it does not report one.</summary>
    public async Task<string?> ReadReplicaAsync(CancellationToken cancellationToken) =>
        await ReadStatusAsync("/health/detail", cancellationToken) == 200
            ? Text(await ReadDetailAsync(cancellationToken), "replica")
            : null;

    public async Task<bool> HasReasonAsync(string text, CancellationToken cancellationToken) =>
        ReasonsOf(await ReadDetailAsync(cancellationToken))
            .Any(reason => reason.Contains(text, StringComparison.Ordinal));

    /// <summary>Records the responses of the three health endpoints.</summary>
    public async Task RecordHealthAsync(CancellationToken cancellationToken)
    {
        var (live, ready) = (
            await ReadStatusAsync("/health/live", cancellationToken),
            await ReadStatusAsync("/health/ready", cancellationToken)
        );
        if (await ReadStatusAsync("/health/detail", cancellationToken) is not 200 and var status)
        {
            Record("health", $"live {live}, ready {ready}, detail {status}");
            return;
        }

        var detail = await ReadDetailAsync(cancellationToken);
        Record("health", $"live {live}, ready {ready}, {detail.GetProperty("status")}");
        foreach (var reason in ReasonsOf(detail))
        {
            Record("health", $"- {reason}");
        }

        foreach (var location in detail.GetProperty("unhealthyLocations").EnumerateArray())
        {
            var (id, state, reason) = (Text(location, "location"), Text(location, "state"), Text(location, "reason"));
            // UTC in the same form as in the hub's reasons.
            var since = Text(location, "since").Replace("+00:00", "Z", StringComparison.Ordinal);
            Record("health", $"- location {id} has been {state} since {since}: {reason}");
        }
    }

    public void RecordMetric(string metric) =>
        Record(
            "metric",
            Measure(metric) is { } value
                ? string.Create(CultureInfo.InvariantCulture, $"{metric} {value:0.#}")
                : $"{metric} was not measured"
        );

    public double? Measure(string metric) => meters.Read(metric);

    public void RecordLog(string text) => Record("log", log.Find(text) ?? $"no line contains: {text}");

    /// <summary>Records the events of topic <c>hub</c> since the last call.</summary>
    public async Task RecordEventsAsync(CancellationToken cancellationToken)
    {
        var events = await ReadEventsAsync("hub", lastEvent, cancellationToken);
        foreach (var ofType in events.GroupBy(item => Text(item, "type")[EventTypePrefix.Length..]))
        {
            JsonElement[] items = [.. ofType];
            var text = items is [var only] ? only.GetProperty("data").GetRawText() : $"{items.Length} times";
            Record("event", $"{ofType.Key} {text}");
        }

        lastEvent = events is [.., var last] ? SequenceOf(last) : lastEvent;
        if (events.Count == 0)
        {
            Record("event", "/events?topic=hub has no new events");
        }
    }

    /// <summary>Records how many events of a topic the feed returns.</summary>
    public async Task RecordFeedAsync(string topic, CancellationToken cancellationToken)
    {
        var events = await ReadEventsAsync(topic, after: 0, cancellationToken);
        Record("event", $"/events?topic={topic} has {events.Count} events, including those not published yet");
    }

    /// <summary>Skips the events so far.</summary>
    public async Task SkipEventsAsync(CancellationToken cancellationToken)
    {
        if ((await ReadEventsAsync("hub", lastEvent, cancellationToken)) is [.., var last])
        {
            lastEvent = SequenceOf(last);
        }
    }

    /// <summary>Records the responses to Apple's deliveries since the last call.</summary>
    public void RecordResponses()
    {
        var attempts = apple
            .Notifications.SelectMany(notification => notification.Attempts)
            .OrderBy(attempt => attempt.At)
            .ToList();
        var responses = attempts
            .Skip(attemptsSeen)
            .CountBy(attempt =>
                attempt switch
                {
                    { RetryAfter: { } after } => $"answered {attempt.Status} with Retry-After: {after.TotalSeconds}",
                    { Status: { } status } => $"answered {status}",
                    _ => $"got no response: {attempt.Error}",
                }
            )
            .OrderBy(response => response.Key, StringComparer.Ordinal);
        foreach (var (response, deliveries) in responses.ToList())
        {
            Record("apple", $"{deliveries} deliveries {response}");
        }

        attemptsSeen = attempts.Count;
    }

    public void Record(string source, string text) =>
        lines.Add(
            new DrillLine(
                time.Passed,
                source,
                LocationId is { } id ? text.Replace(id, "L", StringComparison.Ordinal) : text
            )
        );

    public async Task<int> ReadStatusAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await http().GetAsync(path, cancellationToken);
        return (int)response.StatusCode;
    }

    private async Task<List<JsonElement>> ReadEventsAsync(string topic, long after, CancellationToken cancellationToken)
    {
        var text = await http().GetStringAsync($"/events?topic={topic}&after={after}&limit=1000", cancellationToken);
        return
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement),
        ];
    }

    private static IEnumerable<string> ReasonsOf(JsonElement detail) =>
        detail.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()!);

    private static long SequenceOf(JsonElement item) =>
        long.Parse(Text(item, "sequence"), CultureInfo.InvariantCulture);

    private static string Text(JsonElement element, string member) => element.GetProperty(member).ToString();
}
