using System.Globalization;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Feed;

/// <summary>Query parameters of <c>/events</c>.</summary>
/// <param name="After">Last <c>seq</c> that the consumer has; null starts with the oldest stored event.</param>
internal sealed record FeedQuery(long? After, EventFilter Filter, int Limit, TimeSpan Wait)
{
    private const int DefaultLimit = 1000;
    private const int MaxLimit = 10_000;
    private const int MaxWaitSeconds = 60;

    private static readonly string[] Supported = ["after", "topic", "type", "location", "limit", "wait"];

    /// <summary>Parses the parameters; <paramref name="errors"/> has all errors by parameter.</summary>
    public static FeedQuery? Parse(IQueryCollection parameters, out Dictionary<string, string[]> errors) =>
        Parse(parameters, lastEventId: "", out errors);

    /// <param name="parameters">The query parameters.</param>
    /// <param name="lastEventId">The header of a reconnecting client, which takes precedence over <c>after</c>.</param>
    /// <param name="errors">All errors by parameter.</param>
    public static FeedQuery? Parse(
        IQueryCollection parameters,
        string lastEventId,
        out Dictionary<string, string[]> errors
    )
    {
        errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (name, values) in parameters)
        {
            if (!Supported.Contains(name, StringComparer.Ordinal))
            {
                errors[name] = [$"Unknown parameter. Supported: {string.Join(", ", Supported)}."];
            }
            else if (values is not [{ Length: > 0 }])
            {
                errors[name] = ["Must have exactly one non-empty value."];
            }
        }

        var after = ParseNumber(parameters, "after", 0, long.MaxValue, errors);
        if (lastEventId.Length > 0)
        {
            after = ParseNumber(lastEventId, EventStream.LastIdHeader, 0, long.MaxValue, errors);
        }

        var limit = ParseNumber(parameters, "limit", 1, MaxLimit, errors);
        var wait = ParseNumber(parameters, "wait", 0, MaxWaitSeconds, errors);
        var filter = new EventFilter(
            ParseTopic(parameters, errors),
            ParseEventName(parameters, errors),
            GetSingle(parameters, "location")
        );
        return errors.Count > 0
            ? null
            : new FeedQuery(after, filter, (int)(limit ?? DefaultLimit), TimeSpan.FromSeconds(wait ?? 0));
    }

    private static long? ParseNumber(
        IQueryCollection parameters,
        string name,
        long min,
        long max,
        Dictionary<string, string[]> errors
    )
    {
        return GetSingle(parameters, name) is { } text ? ParseNumber(text, name, min, max, errors) : null;
    }

    private static long? ParseNumber(string text, string name, long min, long max, Dictionary<string, string[]> errors)
    {
        if (
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            && value >= min
            && value <= max
        )
        {
            return value;
        }

        errors[name] = [$"Must be a whole number from {min} to {max}."];
        return null;
    }

    private static string? ParseTopic(IQueryCollection parameters, Dictionary<string, string[]> errors)
    {
        var topic = GetSingle(parameters, "topic");
        if (topic is not null && !TopicMap.Topics.Contains(topic, StringComparer.Ordinal))
        {
            errors["topic"] = [$"Unknown topic. Topics: {string.Join(", ", TopicMap.Topics)}."];
        }

        return topic;
    }

    private static string? ParseEventName(IQueryCollection parameters, Dictionary<string, string[]> errors)
    {
        if (GetSingle(parameters, "type") is not { } type)
        {
            return null;
        }

        var name = EventTypes.NameOf(type) ?? type;
        if (!TopicMap.Knows(name))
        {
            errors["type"] = [$"Unknown event type. Example: {EventNames.AssetChanged}."];
        }

        return name;
    }

    private static string? GetSingle(IQueryCollection parameters, string name) =>
        parameters[name] is [{ Length: > 0 } value] ? value : null;
}
