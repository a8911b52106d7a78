using System.Globalization;
using NotificationHub.Publishing;

namespace NotificationHub.Health;

/// <summary>What of all that is known somebody should look at, in words.</summary>
internal static class HealthReasons
{
    public static IEnumerable<string> Of(IEnumerable<StageDetail> stages)
    {
        foreach (var stage in stages)
        {
            if (stage.StalledSince is { } since)
            {
                yield return $"{stage.Stage} stands still since {Text(since)}: {stage.Behind} wait{Because(stage.Fault)}";
            }
            else if (stage.Failing > 0)
            {
                yield return $"{stage.Stage}: {stage.Failing} fail and are tried again{Because(stage.Fault)}";
            }
        }
    }

    public static IEnumerable<string> Of(IEnumerable<TopicDetail> topics)
    {
        foreach (var topic in topics)
        {
            if (topic.State is TopicState.Stopped or TopicState.Waiting)
            {
                // The state is this replica's own, and begins anew with each lease; the database knows better when nothing moves for long.
                var since = topic.StalledSince < topic.Since ? topic.StalledSince : topic.Since;
                yield return $"topic {topic.Topic} stands still since {Text(since)}: {topic.Unsent} wait{Because(topic.Reason)}";
            }
            else if (topic.StalledSince is not null)
            {
                yield return $"topic {topic.Topic} stands still since {Text(topic.StalledSince)}: {topic.Unsent} wait";
            }
        }
    }

    /// <summary>A content token that expires in days is no reason yet.</summary>
    public static IEnumerable<string> Of(
        IReadOnlyDictionary<string, long> states,
        IEnumerable<UnhealthyLocation> locations
    )
    {
        foreach (var state in UnhealthyLocation.Dead.Where(states.ContainsKey))
        {
            yield return $"locations {state}: {states[state]}";
        }

        foreach (var location in locations.Where(location => location.State == "valid"))
        {
            yield return $"location {location.Location}: {location.Reason}";
        }
    }

    private static string Because(string? fault) => fault is null ? "" : $": {fault}";

    private static string Text(DateTimeOffset? time) =>
        time?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "the start";
}
