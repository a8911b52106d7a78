using System.Text.Json.Serialization;

namespace NotificationHub.Events;

/// <summary>
/// <c>SUBSCRIPTION_COUNT</c>: seats were bought, expired or renewed. The counts are absolute but have no time: an older
/// notification can arrive after a newer one. <c>subscription.changed</c> has the current state.
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

/// <summary>A subscription's seats. Apple omits the number of assigned seats; do not compute it.</summary>
public sealed record NotifiedSubscriptionCounts
{
    /// <summary>The seats that can be assigned.</summary>
    public required SeatCounts Available { get; init; }

    /// <summary>All seats.</summary>
    public required SeatCounts Total { get; init; }
}

/// <summary><c>SUBSCRIPTION_MANAGEMENT</c>: users got or lost a seat, or this failed.</summary>
public sealed record SubscriptionManagementNotification
{
    /// <summary><c>ASSOCIATE</c> or <c>DISASSOCIATE</c>.</summary>
    public required string Type { get; init; }

    /// <summary><c>SUCCESS</c> or <c>FAILURE</c>.</summary>
    public required string Result { get; init; }

    /// <summary>
    /// The ID that Apple returned for the request; null if there was none. The notification can arrive weeks later:
    /// Apple reports a deferred disassociation at the end of the billing period.
    /// </summary>
    public string? EventId { get; init; }

    /// <summary>The seats that users got or lost; at most 100 per notification.</summary>
    public required IReadOnlyList<NotifiedSubscriptionAssignment> Assignments { get; init; }

    /// <summary>On <c>FAILURE</c>: the reason.</summary>
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

    /// <summary>Whether the seat is renewed at the end of the billing period.</summary>
    public bool? Renewing { get; init; }
}
