using System.Globalization;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Feed;

/// <summary>What a consumer asks of <c>/events</c>.</summary>
/// <param name="After">The last <c>seq</c> that the consumer has; null to begin with the oldest that is kept.</param>
internal sealed record FeedQuery(long? After, EventFilter Filter, int Limit, TimeSpan Wait)
{
    private const int DefaultLimit = 1000;
    private const int MaxLimit = 10_000;
    private const int MaxWaitSeconds = 60;

    private static readonly string[] Known = ["after", "topic", "type", "location", "limit", "wait"];

    /// <summary>Reads the parameters; <paramref name="faults"/> names everything that is wrong with them, by parameter.</summary>
    public static FeedQuery? Parse(IQueryCollection parameters, out Dictionary<string, string[]> faults)
    {
        faults = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (name, values) in parameters)
        {
            if (!Known.Contains(name, StringComparer.Ordinal))
            {
                faults[name] = [$"There is no such parameter; there are {string.Join(", ", Known)}."];
            }
            else if (values is not [{ Length: > 0 }])
            {
                faults[name] = ["Must have one value."];
            }
        }

        var after = Number(parameters, "after", 0, long.MaxValue, faults);
        var limit = Number(parameters, "limit", 1, MaxLimit, faults);
        var wait = Number(parameters, "wait", 0, MaxWaitSeconds, faults);
        var filter = new EventFilter(
            Topic(parameters, faults),
            EventName(parameters, faults),
            Single(parameters, "location")
        );
        return faults.Count > 0
            ? null
            : new FeedQuery(after, filter, (int)(limit ?? DefaultLimit), TimeSpan.FromSeconds(wait ?? 0));
    }

    private static long? Number(
        IQueryCollection parameters,
        string name,
        long least,
        long most,
        Dictionary<string, string[]> faults
    )
    {
        if (Single(parameters, name) is not { } text)
        {
            return null;
        }

        if (
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            && value >= least
            && value <= most
        )
        {
            return value;
        }

        faults[name] = [$"Must be a whole number from {least} to {most}."];
        return null;
    }

    private static string? Topic(IQueryCollection parameters, Dictionary<string, string[]> faults)
    {
        var topic = Single(parameters, "topic");
        if (topic is not null && !TopicMap.Topics.Contains(topic, StringComparer.Ordinal))
        {
            faults["topic"] = [$"There is no such topic; there are {string.Join(", ", TopicMap.Topics)}."];
        }

        return topic;
    }

    private static string? EventName(IQueryCollection parameters, Dictionary<string, string[]> faults)
    {
        if (Single(parameters, "type") is not { } type)
        {
            return null;
        }

        var name = EventTypes.NameOf(type) ?? type;
        if (!TopicMap.Knows(name))
        {
            faults["type"] = [$"There is no such event; an example is {EventNames.AssetChanged}."];
        }

        return name;
    }

    private static string? Single(IQueryCollection parameters, string name) =>
        parameters[name] is [{ Length: > 0 } value] ? value : null;
}
