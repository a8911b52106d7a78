namespace NotificationHub.Events;

/// <summary>A license that a device or user holds. All members together are the key. Apple: Get Assignments.</summary>
public sealed record AssignmentRecord
{
    /// <summary>The asset.</summary>
    public required string AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>.</summary>
    public required string PricingParam { get; init; }

    /// <summary>The device; null if the holder is a user.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>The user; null if the holder is a device.</summary>
    public string? ClientUserId { get; init; }
}
