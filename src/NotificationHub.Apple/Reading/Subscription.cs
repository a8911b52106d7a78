using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>A subscription of a location with its seats. Apple: ResponseSubscription.</summary>
public sealed record Subscription
{
    /// <summary>Apple's ID of the app or offer that it belongs to, if any.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? ParentAdamId { get; init; }

    /// <summary>Apple's ID of the subscription.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? AdamId { get; init; }

    /// <summary><c>ACTIVE</c>, <c>INACTIVE</c> or <c>PAUSED</c>.</summary>
    public string? Status { get; init; }

    /// <summary>Last day of the billing period.</summary>
    [JsonConverter(typeof(AppleDayConverter))]
    public DateOnly? PeriodEndDate { get; init; }

    /// <summary>The seats. All are zero for a former subscription.</summary>
    public SubscriptionCounts? Counts { get; init; }

    /// <summary>Members that this library does not know; null if there are none.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? AdditionalMembers { get; set; }

    internal static object ToKey(Subscription subscription) => (subscription.ParentAdamId, subscription.AdamId);
}

/// <summary>Seats of a subscription. Assigned and available add up to the total only over both members together.</summary>
public sealed record SubscriptionCounts
{
    /// <summary>Assigned seats, by assignment state.</summary>
    public SeatCounts? Assigned { get; init; }

    /// <summary>Available seats.</summary>
    public SeatCounts? Available { get; init; }

    /// <summary>All seats, by license state.</summary>
    public SeatCounts? Total { get; init; }
}

/// <summary>Seats that renew at the end of the period, and those that expire.</summary>
public sealed record SeatCounts
{
    /// <summary>Renewing at the end of the period.</summary>
    public long? Renewing { get; init; }

    /// <summary>Expiring at the end of the period.</summary>
    public long? Expiring { get; init; }
}

/// <summary>Which subscriptions to read; null does not restrict. Apple: Get Subscriptions.</summary>
public sealed record SubscriptionQuery : PageQuery
{
    /// <summary>One app's subscriptions.</summary>
    public string? ParentAdamId { get; init; }

    /// <summary>One subscription.</summary>
    public string? AdamId { get; init; }

    internal QueryString ToQuery() => new QueryString().Add("parentAdamId", ParentAdamId).Add("adamId", AdamId);
}
