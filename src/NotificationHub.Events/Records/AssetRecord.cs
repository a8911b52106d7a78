namespace NotificationHub.Events;

/// <summary>An app or book of a location with its licenses. Apple: Get Assets.</summary>
public sealed record AssetRecord
{
    /// <summary>The asset's ID in the store.</summary>
    public required string AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>; together with <see cref="AdamId"/> it is the key.</summary>
    public required string PricingParam { get; init; }

    /// <summary><c>App</c> or <c>Book</c>.</summary>
    public string? ProductType { get; init; }

    /// <summary>Whether it can be assigned to devices.</summary>
    public bool? DeviceAssignable { get; init; }

    /// <summary>Whether an assignment can be revoked.</summary>
    public bool? Revocable { get; init; }

    /// <summary>Assigned licenses.</summary>
    public long? AssignedCount { get; init; }

    /// <summary>Available licenses.</summary>
    public long? AvailableCount { get; init; }

    /// <summary>Licenses that can no longer be used.</summary>
    public long? RetiredCount { get; init; }

    /// <summary>All licenses; 2147483647 means unlimited.</summary>
    public long? TotalCount { get; init; }

    /// <summary>
    /// <c>iOS</c>, <c>macOS</c>, <c>tvOS</c>, <c>watchOS</c>, <c>visionOS</c>; sorted alphabetically.
    /// </summary>
    public IReadOnlyList<string>? SupportedPlatforms { get; init; }
}
