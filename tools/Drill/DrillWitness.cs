using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Drill;

/// <summary>Writes down what is done to a hub and what is seen of it from outside: its health, its metrics, its events, its answers to Apple.</summary>
internal sealed class DrillWitness(HttpClient http, SimulatedApple apple, HubMeters meters, DrillTime time)
{
    private const string EventTypePrefix = "notificationhub.";

    private readonly List<DrillLine> lines = [];
    private long lastEvent;
    private int attemptsSeen;

    public IReadOnlyList<DrillLine> Lines => lines;

    /// <summary>The hub's id of the location, which is another in each drill.</summary>
    public string? LocationId { get; set; }

    public void Did(string what) => Note("done", what);

    public Task<JsonElement> DetailAsync(CancellationToken cancellationToken) =>
        http.GetFromJsonAsync<JsonElement>("/health/detail", cancellationToken);

    public async Task<bool> HasReasonAsync(string text, CancellationToken cancellationToken) =>
        ReasonsOf(await DetailAsync(cancellationToken)).Any(reason => reason.Contains(text, StringComparison.Ordinal));

    /// <summary>What the three health addresses say.</summary>
    public async Task HealthAsync(CancellationToken cancellationToken)
    {
        var (live, ready) = (
            await StatusAsync("/health/live", cancellationToken),
            await StatusAsync("/health/ready", cancellationToken)
        );
        var detail = await DetailAsync(cancellationToken);
        Note("health", $"live {live}, ready {ready}, {detail.GetProperty("status")}");
        foreach (var reason in ReasonsOf(detail))
        {
            Note("health", $"- {reason}");
        }

        foreach (var location in detail.GetProperty("unhealthyLocations").EnumerateArray())
        {
            var (state, since, reason) = (Text(location, "state"), Text(location, "since"), Text(location, "reason"));
            Note("health", $"- location {Text(location, "location")} is {state} since {since}: {reason}");
        }
    }

    public void Metric(string metric) =>
        Note(
            "metric",
            Measure(metric) is { } value
                ? string.Create(CultureInfo.InvariantCulture, $"{metric} {value:0.#}")
                : $"{metric} was not measured"
        );

    public double? Measure(string metric) => meters.Read(metric);

    /// <summary>What <c>/events?topic=hub</c> has said since it was asked last.</summary>
    public async Task EventsAsync(CancellationToken cancellationToken)
    {
        var events = await ReadEventsAsync("hub", lastEvent, cancellationToken);
        foreach (var ofType in events.GroupBy(told => Text(told, "type")[EventTypePrefix.Length..]))
        {
            JsonElement[] told = [.. ofType];
            var said = told is [var one] ? one.GetProperty("data").GetRawText() : $"{told.Length} times";
            Note("event", $"{ofType.Key} {said}");
        }

        lastEvent = events is [.., var last] ? SequenceOf(last) : lastEvent;
        if (events.Count == 0)
        {
            Note("event", "/events?topic=hub says nothing new");
        }
    }

    /// <summary>How many events of a topic can be had without the bus.</summary>
    public async Task FeedAsync(string topic, CancellationToken cancellationToken)
    {
        var events = await ReadEventsAsync(topic, after: 0, cancellationToken);
        Note("event", $"/events?topic={topic} has {events.Count} events, those that wait among them");
    }

    /// <summary>Forgets the events so far.</summary>
    public async Task PassOverEventsAsync(CancellationToken cancellationToken)
    {
        if ((await ReadEventsAsync("hub", lastEvent, cancellationToken)) is [.., var last])
        {
            lastEvent = SequenceOf(last);
        }
    }

    /// <summary>What Apple's posts were answered since this was asked last.</summary>
    public void Answers()
    {
        var attempts = apple
            .Notifications.SelectMany(notification => notification.Attempts)
            .OrderBy(attempt => attempt.At)
            .ToList();
        var answers = attempts
            .Skip(attemptsSeen)
            .CountBy(attempt =>
                attempt.RetryAfter is { } after
                    ? $"{attempt.Status} with Retry-After: {after.TotalSeconds}"
                    : $"{attempt.Status}"
            )
            .OrderBy(answer => answer.Key, StringComparer.Ordinal);
        foreach (var (answer, posts) in answers.ToList())
        {
            Note("apple", $"{posts} posts answered {answer}");
        }

        attemptsSeen = attempts.Count;
    }

    public void Note(string source, string text) =>
        lines.Add(
            new DrillLine(
                time.Passed,
                source,
                LocationId is { } id ? text.Replace(id, "L", StringComparison.Ordinal) : text
            )
        );

    private async Task<int> StatusAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync(path, cancellationToken);
        return (int)answer.StatusCode;
    }

    private async Task<List<JsonElement>> ReadEventsAsync(string topic, long after, CancellationToken cancellationToken)
    {
        var told = await http.GetStringAsync($"/events?topic={topic}&after={after}&limit=1000", cancellationToken);
        return
        [
            .. told.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement),
        ];
    }

    private static IEnumerable<string> ReasonsOf(JsonElement detail) =>
        detail.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()!);

    private static long SequenceOf(JsonElement told) =>
        long.Parse(Text(told, "sequence"), CultureInfo.InvariantCulture);

    private static string Text(JsonElement element, string member) => element.GetProperty(member).ToString();
}
