namespace NotificationHub.Events;

/// <summary>A user's seat in a subscription. Apple: Get Subscription Assignments.</summary>
public sealed record SubscriptionAssignmentRecord
{
    /// <summary>The subscription.</summary>
    public required string AdamId { get; init; }

    /// <summary>The user; together with <see cref="AdamId"/> it is the key.</summary>
    public required string ClientUserId { get; init; }

    /// <summary>Whether the seat is renewed at the end of the billing period.</summary>
    public required bool Renewing { get; init; }
}
