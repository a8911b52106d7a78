using System.Text.Json.Serialization;

namespace NotificationHub.Events;

/// <summary>
/// <c>ASSET_COUNT</c>: licenses were bought, transferred or refunded. The difference has no base, so do not add it up:
/// <c>asset.changed</c> has the counts.
/// </summary>
public sealed record AssetCountNotification
{
    /// <summary>The asset.</summary>
    [JsonConverter(typeof(AppleIdConverter))]
    public required string AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>; together with <see cref="AdamId"/> it identifies the asset.</summary>
    public string? PricingParam { get; init; }

    /// <summary>The number of licenses that were added or, if negative, removed.</summary>
    public required long CountDelta { get; init; }
}

/// <summary>
/// <c>ASSET_MANAGEMENT</c>: assets were associated, disassociated or revoked, or this failed. One request can lead to
/// several notifications, some successful and some not.
/// </summary>
public sealed record AssetManagementNotification
{
    /// <summary><c>ASSOCIATE</c>, <c>DISASSOCIATE</c> or <c>REVOKE</c>.</summary>
    public required string Type { get; init; }

    /// <summary><c>SUCCESS</c> or <c>FAILURE</c>.</summary>
    public required string Result { get; init; }

    /// <summary>The ID that Apple returned for the request; null if there was none.</summary>
    public string? EventId { get; init; }

    /// <summary>The assignments that succeeded or failed; at most 100 per notification.</summary>
    public required IReadOnlyList<NotifiedAssignment> Assignments { get; init; }

    /// <summary>On <c>FAILURE</c>: the reason.</summary>
    public NotificationError? Error { get; init; }
}

/// <summary>An asset and its holder: either a device or a user.</summary>
public sealed record NotifiedAssignment
{
    /// <summary>The asset.</summary>
    [JsonConverter(typeof(AppleIdConverter))]
    public required string AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>; null if Apple omitted it, which means <c>STDQ</c>.</summary>
    public string? PricingParam { get; init; }

    /// <summary>The device; null if the holder is a user.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>The user; null if the holder is a device.</summary>
    public string? ClientUserId { get; init; }
}
