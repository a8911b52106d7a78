using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>An app or book of a location with its licence counts. Apple: ResponseAsset.</summary>
public sealed record Asset
{
    /// <summary>The total that stands for "as many as wanted": never calculate with it.</summary>
    public const long UnlimitedCount = 2147483647;

    /// <summary>Apple's id of the app or book.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>; one app may be there as both.</summary>
    public string? PricingParam { get; init; }

    /// <summary><c>App</c> or <c>Book</c>.</summary>
    public string? ProductType { get; init; }

    /// <summary>Whether it can be assigned to devices.</summary>
    public bool? DeviceAssignable { get; init; }

    /// <summary>Whether an assignment can be taken back.</summary>
    public bool? Revocable { get; init; }

    /// <summary>Licences in use.</summary>
    public long? AssignedCount { get; init; }

    /// <summary>Licences free; null for an unlimited asset read with <see cref="AssetQuery.Unlimited"/>.</summary>
    public long? AvailableCount { get; init; }

    /// <summary>Licences retired; null for an unlimited asset read with <see cref="AssetQuery.Unlimited"/>.</summary>
    public long? RetiredCount { get; init; }

    /// <summary>All licences, or <see cref="UnlimitedCount"/>.</summary>
    public long? TotalCount { get; init; }

    /// <summary><c>iOS</c>, <c>macOS</c>, <c>tvOS</c>, <c>watchOS</c>, <c>visionOS</c>.</summary>
    [JsonConverter(typeof(ListConverter<string>))]
    public IReadOnlyList<string> SupportedPlatforms
    {
        get => field ?? [];
        init;
    }

    /// <summary>Whether there are as many licences as wanted.</summary>
    [JsonIgnore]
    public bool IsUnlimited => TotalCount >= UnlimitedCount;
}

/// <summary>Which assets to read; what is null does not restrict. Apple: Get Assets.</summary>
public sealed record AssetQuery : PageQuery
{
    /// <summary>One app or book; there may be an asset for each pricing.</summary>
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>.</summary>
    public string? PricingParam { get; init; }

    /// <summary><c>App</c> or <c>Book</c>.</summary>
    public string? ProductType { get; init; }

    /// <summary>Only assets that can, or cannot, be taken back.</summary>
    public bool? Revocable { get; init; }

    /// <summary>Only assets that can, or cannot, be assigned to devices.</summary>
    public bool? DeviceAssignable { get; init; }

    /// <summary>Least number of free licences.</summary>
    public long? MinAvailableCount { get; init; }

    /// <summary>Greatest number of free licences.</summary>
    public long? MaxAvailableCount { get; init; }

    /// <summary>Least number of licences in use.</summary>
    public long? MinAssignedCount { get; init; }

    /// <summary>Greatest number of licences in use.</summary>
    public long? MaxAssignedCount { get; init; }

    /// <summary>Unlimited assets: only them, none of them, or (null) all assets alike.</summary>
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
