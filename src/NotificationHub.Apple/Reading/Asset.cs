using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>An app or book of a location with its license counts. Apple: ResponseAsset.</summary>
public sealed record Asset
{
    /// <summary>The total that means "unlimited". Do not calculate with it.</summary>
    public const long UnlimitedCount = 2147483647;

    /// <summary>Apple's ID of the app or book.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>; one app can exist as both.</summary>
    public string? PricingParam { get; init; }

    /// <summary><c>App</c> or <c>Book</c>.</summary>
    public string? ProductType { get; init; }

    /// <summary>Whether it can be assigned to devices.</summary>
    public bool? DeviceAssignable { get; init; }

    /// <summary>Whether an assignment can be revoked.</summary>
    public bool? Revocable { get; init; }

    /// <summary>Assigned licenses.</summary>
    public long? AssignedCount { get; init; }

    /// <summary>Available licenses; null for an unlimited asset read with <see cref="AssetQuery.Unlimited"/>.</summary>
    public long? AvailableCount { get; init; }

    /// <summary>Retired licenses; null for an unlimited asset read with <see cref="AssetQuery.Unlimited"/>.</summary>
    public long? RetiredCount { get; init; }

    /// <summary>All licenses, or <see cref="UnlimitedCount"/>.</summary>
    public long? TotalCount { get; init; }

    /// <summary><c>iOS</c>, <c>macOS</c>, <c>tvOS</c>, <c>watchOS</c>, <c>visionOS</c>.</summary>
    [JsonConverter(typeof(ListConverter<string>))]
    public IReadOnlyList<string> SupportedPlatforms
    {
        get => field ?? [];
        init;
    }

    /// <summary>Members that this library does not know; null if there are none.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? AdditionalMembers { get; set; }

    /// <summary>Whether the number of licenses is unlimited.</summary>
    [JsonIgnore]
    public bool IsUnlimited => TotalCount >= UnlimitedCount;

    internal static object ToKey(Asset asset) => (asset.AdamId, asset.PricingParam ?? AssetKey.DefaultPricing);
}

/// <summary>Which assets to read; null does not restrict. Apple: Get Assets.</summary>
public sealed record AssetQuery : PageQuery
{
    /// <summary>One app or book; there can be an asset for each pricing.</summary>
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>.</summary>
    public string? PricingParam { get; init; }

    /// <summary><c>App</c> or <c>Book</c>.</summary>
    public string? ProductType { get; init; }

    /// <summary>Only assets that can, or cannot, be revoked.</summary>
    public bool? Revocable { get; init; }

    /// <summary>Only assets that can, or cannot, be assigned to devices.</summary>
    public bool? DeviceAssignable { get; init; }

    /// <summary>Minimum number of available licenses.</summary>
    public long? MinAvailableCount { get; init; }

    /// <summary>Maximum number of available licenses.</summary>
    public long? MaxAvailableCount { get; init; }

    /// <summary>Minimum number of assigned licenses.</summary>
    public long? MinAssignedCount { get; init; }

    /// <summary>Maximum number of assigned licenses.</summary>
    public long? MaxAssignedCount { get; init; }

    /// <summary>Unlimited assets: only these, none of these, or (null) all assets.</summary>
    public bool? Unlimited { get; init; }

    internal QueryString ToQuery() =>
        new QueryString()
            .Add("adamId", AdamId)
            .Add("pricingParam", PricingParam)
            .Add("productType", ProductType)
            .Add("revocable", Revocable)
            .Add("deviceAssignable", DeviceAssignable)
            .Add("minAvailableCount", MinAvailableCount)
            .Add("maxAvailableCount", MaxAvailableCount)
            .Add("minAssignedCount", MinAssignedCount)
            .Add("maxAssignedCount", MaxAssignedCount)
            .Add("unlimited", Unlimited);
}
