using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>What a subscription of the bus received.</summary>
internal sealed record SubscriptionSummary(string Name, long Received);

/// <summary>What became of a topic's events.</summary>
internal sealed record TopicSummary(
    string Name,
    long Appended,
    long Published,
    IReadOnlyList<SubscriptionSummary> Subscriptions
);

/// <summary>What the demonstration came to; printed as it stands with <c>--json</c>.</summary>
internal sealed record Summary
{
    public required int Devices { get; init; }

    public required int Apps { get; init; }

    public required int Seed { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Posts by Apple, retries and the test post included.</summary>
    public required long PostsSent { get; init; }

    /// <summary>Posts that the hub answered 2xx.</summary>
    public required long PostsAnswered { get; init; }

    /// <summary>Rows in the notification log.</summary>
    public required long PostsStored { get; init; }

    /// <summary>Answered posts that were in the log already.</summary>
    public long Duplicates => PostsAnswered - PostsStored;

    public required long EventsAppended { get; init; }

    public required long EventsPublished { get; init; }

    public required IReadOnlyList<TopicSummary> Topics { get; init; }

    public required long RefetchHints { get; init; }

    public required long RefetchTargets { get; init; }

    public required long AppleRequests { get; init; }

    public required IReadOnlyDictionary<string, int> AppleRequestsByEndpoint { get; init; }

    /// <summary>From the receipt of a post to its event's arrival on the bus.</summary>
    public required double LagP50Milliseconds { get; init; }

    public required double LagP99Milliseconds { get; init; }

    public required long Lost { get; init; }

    public required long Doubled { get; init; }

    /// <summary>Work that was not finished: unpublished events, waiting targets, dead letters, posts given up.</summary>
    public required long LeftOver { get; init; }

    /// <summary>What the hub sent that Apple or Service Bus would refuse.</summary>
    public required IReadOnlyList<string> Violations { get; init; }

    [JsonIgnore]
    public bool IsGood => Lost == 0 && Doubled == 0 && LeftOver == 0 && Violations.Count == 0;

    public string ToJson() => JsonSerializer.Serialize(this, SummaryJsonContext.Default.Summary);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Summary))]
internal sealed partial class SummaryJsonContext : JsonSerializerContext;
