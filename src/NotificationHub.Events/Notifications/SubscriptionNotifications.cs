using System.Text.Json.Serialization;

namespace NotificationHub.Events;

/// <summary>
/// <c>SUBSCRIPTION_COUNT</c>: seats were bought, expired or renewed. The counts are absolute but have no time: an old
/// notification can come after a newer one. <c>subscription.changed</c> says what is true.
/// </summary>
public sealed record SubscriptionCountNotification
{
    /// <summary>The subscription.</summary>
    [JsonConverter(typeof(AppleIdConverter))]
    public required string AdamId { get; init; }

    /// <summary>The app that offers the subscription, if Apple names it.</summary>
    [JsonConverter(typeof(AppleIdConverter))]
    public string? ParentAdamId { get; init; }

    /// <summary>The seats.</summary>
    public required NotifiedSubscriptionCounts Counts { get; init; }
}

/// <summary>What a notification says of a subscription's seats. Apple leaves out how many are assigned; do not compute it.</summary>
public sealed record NotifiedSubscriptionCounts
{
    /// <summary>The seats that can be assigned.</summary>
    public required SeatCounts Available { get; init; }

    /// <summary>All seats.</summary>
    public required SeatCounts Total { get; init; }
}

/// <summary><c>SUBSCRIPTION_MANAGEMENT</c>: users got or lost a seat, or that failed.</summary>
public sealed record SubscriptionManagementNotification
{
    /// <summary><c>ASSOCIATE</c> or <c>DISASSOCIATE</c>.</summary>
    public required string Type { get; init; }

    /// <summary><c>SUCCESS</c> or <c>FAILURE</c>.</summary>
    public required string Result { get; init; }

    /// <summary>
    /// The id that Apple gave to the request; null where there was none. It may come back weeks later: a deferred
    /// disassociation is notified at the end of the billing period.
    /// </summary>
    public string? EventId { get; init; }

    /// <summary>Who got or lost a seat of what; at most 100 at a time.</summary>
    public required IReadOnlyList<NotifiedSubscriptionAssignment> Assignments { get; init; }

    /// <summary>On <c>FAILURE</c>: why.</summary>
    public NotificationError? Error { get; init; }
}

/// <summary>A user's seat in a subscription.</summary>
public sealed record NotifiedSubscriptionAssignment
{
    /// <summary>The subscription.</summary>
    [JsonConverter(typeof(AppleIdConverter))]
    public required string AdamId { get; init; }

    /// <summary>The user.</summary>
    public required string ClientUserId { get; init; }

    /// <summary>Whether the seat is kept at the end of the billing period.</summary>
    public bool? Renewing { get; init; }
}
