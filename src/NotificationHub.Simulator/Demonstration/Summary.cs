using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>What a subscription's subscriber received.</summary>
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

    /// <summary>What the hub may ask of Apple; more than it is shipped with, for no MDM shares the location here.</summary>
    public required int RequestsPerSecond { get; init; }

    /// <summary>The posts that Apple set out to have answered: each notification, and those sent twice once more.</summary>
    public required long PostsIntended { get; init; }

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

    /// <summary>What was there though nothing had asked for it: a stored post that Apple never sent, an event without a notification.</summary>
    public required long Unexpected { get; init; }

    /// <summary>Messages that a subscription got after a later one of the log.</summary>
    public required long OutOfOrder { get; init; }

    /// <summary>Work that was not finished: posts unanswered or set aside, unpublished events, waiting targets, dead letters.</summary>
    public required long LeftOver { get; init; }

    /// <summary>What the hub sent that Apple or Service Bus would refuse.</summary>
    public required IReadOnlyList<string> Violations { get; init; }

    [JsonIgnore]
    public bool IsGood =>
        Lost == 0 && Doubled == 0 && Unexpected == 0 && OutOfOrder == 0 && LeftOver == 0 && Violations.Count == 0;

    [JsonIgnore]
    public int ExitCode => IsGood ? 0 : 1;

    /// <summary>The verdict in a line; what is not always said is said where it is not zero.</summary>
    [JsonIgnore]
    public string Verdict =>
        string.Create(CultureInfo.InvariantCulture, $"lost: {Lost}, doubled: {Doubled}")
        + Unless0("unexpected", Unexpected)
        + Unless0("out of order", OutOfOrder)
        + Unless0("left over", LeftOver)
        + Unless0("refused by Apple or the bus", Violations.Count);

    public string ToJson() => JsonSerializer.Serialize(this, SummaryJsonContext.Default.Summary);

    private static string Unless0(string name, long count) =>
        count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {name}: {count}");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Summary))]
internal sealed partial class SummaryJsonContext : JsonSerializerContext;
