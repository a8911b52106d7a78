using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using NotificationHub.Events;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Feed;

/// <summary>The query parameters of <c>/events</c>, as received.</summary>
internal sealed record FeedParameters(
    [property: FromQuery(Name = "after")] long? After = null,
    [property: FromQuery(Name = "topic")] string? Topic = null,
    [property: FromQuery(Name = "type")] string? Type = null,
    [property: FromQuery(Name = "location")] string? Location = null,
    [property: FromQuery(Name = "limit")] int? Limit = null,
    [property: FromQuery(Name = "wait")] int? Wait = null
);

/// <summary>A valid request for events.</summary>
/// <param name="After">Last <c>seq</c> that the consumer has; null starts with the oldest stored event.</param>
internal sealed record FeedQuery(long? After, EventFilter Filter, int Limit, TimeSpan Wait)
{
    private const int DefaultLimit = 1000;
    private const int MaxLimit = 10_000;
    private const int MaxWaitSeconds = 60;

    /// <summary>Validates the parameters.</summary>
    /// <param name="parameters">The query parameters.</param>
    /// <param name="lastEventId">The header of a reconnecting client, which takes precedence over <c>after</c>.</param>
    /// <param name="errors">All errors by parameter.</param>
    public static FeedQuery? Create(
        FeedParameters parameters,
        string lastEventId,
        out Dictionary<string, string[]> errors
    )
    {
        errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var after = RequireRange("after", parameters.After, 0, long.MaxValue, errors);
        if (lastEventId.Length > 0)
        {
            after = ParsePosition(lastEventId, errors);
        }

        var limit = RequireRange("limit", parameters.Limit, 1, MaxLimit, errors);
        var wait = RequireRange("wait", parameters.Wait, 0, MaxWaitSeconds, errors);
        errors.Require("topic", parameters.Topic, TopicMap.Topics);
        var filter = new EventFilter(parameters.Topic, ParseEventName(parameters.Type, errors), parameters.Location);
        return errors.Count > 0
            ? null
            : new FeedQuery(after, filter, (int)(limit ?? DefaultLimit), TimeSpan.FromSeconds(wait ?? 0));
    }

    private static long? RequireRange(string name, long? value, long min, long max, Dictionary<string, string[]> errors)
    {
        if (value < min || value > max)
        {
            errors[name] = [Expect(min, max)];
        }

        return value;
    }

    private static long? ParsePosition(string lastEventId, Dictionary<string, string[]> errors)
    {
        if (long.TryParse(lastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
        {
            return position;
        }

        errors[EventStream.LastIdHeader] = [Expect(0, long.MaxValue)];
        return null;
    }

    private static string? ParseEventName(string? type, Dictionary<string, string[]> errors)
    {
        if (type is null)
        {
            return null;
        }

        var name = EventTypes.NameOf(type) ?? type;
        if (!TopicMap.Knows(name))
        {
            errors["type"] = [$"must be an event type, such as {EventNames.AssetChanged}"];
        }

        return name;
    }

    private static string Expect(long min, long max) => $"must be a whole number from {min} to {max}";
}
