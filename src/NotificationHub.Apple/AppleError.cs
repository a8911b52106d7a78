using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>An error in Apple's format, for example in the failures of an event. Apple: ErrorResponse.</summary>
public sealed record AppleError
{
    /// <summary>The error number. Base decisions on it, not on the text.</summary>
    public int? ErrorNumber { get; init; }

    /// <summary>Apple's text, which varies for the same number.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>The affected records. Personal data.</summary>
    public ErrorInfo? ErrorInfo { get; init; }

    /// <summary>The number alone, because the other members may name people and devices.</summary>
    public override string ToString() => $"AppleError {ErrorNumber}";
}

/// <summary>The records that an error affects. A list is empty if Apple names none. Apple: ErrorResponse.ErrorInfo.</summary>
public sealed record ErrorInfo
{
    /// <summary>The affected assets.</summary>
    [JsonConverter(typeof(ListConverter<AssetKey>))]
    public IReadOnlyList<AssetKey> Assets
    {
        get => field ?? [];
        init;
    }

    /// <summary>The affected users. Personal data.</summary>
    [JsonConverter(typeof(ListConverter<string>))]
    public IReadOnlyList<string> ClientUserIds
    {
        get => field ?? [];
        init;
    }

    /// <summary>The affected devices. Personal data.</summary>
    [JsonConverter(typeof(ListConverter<string>))]
    public IReadOnlyList<string> SerialNumbers
    {
        get => field ?? [];
        init;
    }

    /// <summary>The number of records of each kind.</summary>
    public override string ToString() =>
        $"ErrorInfo {{ Assets: {Assets.Count}, ClientUserIds: {ClientUserIds.Count}, SerialNumbers: {SerialNumbers.Count} }}";
}

/// <summary>Identifies an asset. One app can exist as <c>STDQ</c> and as <c>PLUS</c>.</summary>
public sealed record AssetKey
{
    /// <summary>Apple's ID of the app or book.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>.</summary>
    public string? PricingParam { get; init; }

    /// <summary>The <c>pricingParam</c> of an asset without one; Apple's documents imply it.</summary>
    internal const string DefaultPricing = "STDQ";

    internal bool IsSame(AssetKey other) =>
        AdamId == other.AdamId && (PricingParam ?? DefaultPricing) == (other.PricingParam ?? DefaultPricing);
}
