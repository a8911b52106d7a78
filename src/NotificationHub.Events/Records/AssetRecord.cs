namespace NotificationHub.Events;

/// <summary>An app or book of a location with its licences. Apple: Get Assets.</summary>
public sealed record AssetRecord
{
    /// <summary>The asset's id in the store.</summary>
    public required string AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>; together with <see cref="AdamId"/> it is the key.</summary>
    public required string PricingParam { get; init; }

    /// <summary><c>App</c> or <c>Book</c>.</summary>
    public string? ProductType { get; init; }

    /// <summary>Whether devices can hold it.</summary>
    public bool? DeviceAssignable { get; init; }

    /// <summary>Whether an assignment can be taken back.</summary>
    public bool? Revocable { get; init; }

    /// <summary>Licences in use.</summary>
    public long? AssignedCount { get; init; }

    /// <summary>Licences that are left.</summary>
    public long? AvailableCount { get; init; }

    /// <summary>Licences that cannot be used any more.</summary>
    public long? RetiredCount { get; init; }

    /// <summary>All licences; 2147483647 means that they are unlimited.</summary>
    public long? TotalCount { get; init; }

    /// <summary><c>iOS</c>, <c>macOS</c>, <c>tvOS</c>, <c>watchOS</c>, <c>visionOS</c>; in alphabetical order.</summary>
    public IReadOnlyList<string>? SupportedPlatforms { get; init; }
}
