namespace NotificationHub.Events;

/// <summary>A subscription of a location with its seats. Apple: Get Subscriptions.</summary>
public sealed record SubscriptionRecord
{
    /// <summary>The subscription; the key.</summary>
    public required string AdamId { get; init; }

    /// <summary>The app that offers it, if Apple names it.</summary>
    public string? ParentAdamId { get; init; }

    /// <summary><c>ACTIVE</c>, <c>INACTIVE</c> or <c>PAUSED</c>.</summary>
    public string? Status { get; init; }

    /// <summary>The last day of the billing period, <c>yyyy-MM-dd</c>.</summary>
    public string? PeriodEndDate { get; init; }

    /// <summary>The seats.</summary>
    public SubscriptionCounts? Counts { get; init; }
}

/// <summary>
/// The seats of a subscription. Assigned and available seats add up to the total only over renewing and expiring
/// together: an assignment that is not renewed can occupy a renewing seat.
/// </summary>
public sealed record SubscriptionCounts
{
    /// <summary>The assigned seats.</summary>
    public SeatCounts? Assigned { get; init; }

    /// <summary>The available seats.</summary>
    public SeatCounts? Available { get; init; }

    /// <summary>All seats.</summary>
    public SeatCounts? Total { get; init; }
}

/// <summary>Numbers of seats, by their state at the end of the billing period.</summary>
public sealed record SeatCounts
{
    /// <summary>Seats that are renewed.</summary>
    public required long Renewing { get; init; }

    /// <summary>Seats that expire.</summary>
    public required long Expiring { get; init; }
}
