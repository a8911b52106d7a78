using System.Text.Json.Serialization;

namespace NotificationHub.Events;

/// <summary>
/// <c>ASSET_COUNT</c>: licences were bought, transferred or refunded. The difference has no base, so it cannot be summed
/// up: <c>asset.changed</c> says what the counts are.
/// </summary>
public sealed record AssetCountNotification
{
    /// <summary>The asset.</summary>
    [JsonConverter(typeof(AppleIdConverter))]
    public required string AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>; together with <see cref="AdamId"/> it names the asset.</summary>
    public string? PricingParam { get; init; }

    /// <summary>How many licences came (or, below zero, went).</summary>
    public required long CountDelta { get; init; }
}

/// <summary>
/// <c>ASSET_MANAGEMENT</c>: assets were associated, disassociated or revoked, or that failed. One request can lead to
/// several of these, some successful and some not.
/// </summary>
public sealed record AssetManagementNotification
{
    /// <summary><c>ASSOCIATE</c>, <c>DISASSOCIATE</c> or <c>REVOKE</c>.</summary>
    public required string Type { get; init; }

    /// <summary><c>SUCCESS</c> or <c>FAILURE</c>.</summary>
    public required string Result { get; init; }

    /// <summary>The id that Apple gave to the request; null where there was none.</summary>
    public string? EventId { get; init; }

    /// <summary>What was (or was not) done; at most 100 at a time.</summary>
    public required IReadOnlyList<NotifiedAssignment> Assignments { get; init; }

    /// <summary>On <c>FAILURE</c>: why.</summary>
    public NotificationError? Error { get; init; }
}

/// <summary>An asset and its holder: either a device or a user.</summary>
public sealed record NotifiedAssignment
{
    /// <summary>The asset.</summary>
    [JsonConverter(typeof(AppleIdConverter))]
    public required string AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>; null where Apple left it out, which means <c>STDQ</c>.</summary>
    public string? PricingParam { get; init; }

    /// <summary>The device; null where the holder is a user.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>The user; null where the holder is a device.</summary>
    public string? ClientUserId { get; init; }
}
