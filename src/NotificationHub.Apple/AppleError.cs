using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>One error as Apple writes it down, for example in the failures of an event. Apple: ErrorResponse.</summary>
public sealed record AppleError
{
    /// <summary>The number that says what happened; decide on it, not on the text.</summary>
    public int? ErrorNumber { get; init; }

    /// <summary>Apple's wording, which varies for the same number.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>The records concerned. Personal data.</summary>
    public ErrorInfo? ErrorInfo { get; init; }

    /// <summary>The number alone: the rest may name people and devices.</summary>
    public override string ToString() => $"AppleError {ErrorNumber}";
}

/// <summary>The records an error is about; each list is empty where Apple names none. Apple: ErrorResponse.ErrorInfo.</summary>
public sealed record ErrorInfo
{
    /// <summary>The assets concerned.</summary>
    [JsonConverter(typeof(ListConverter<AssetKey>))]
    public IReadOnlyList<AssetKey> Assets
    {
        get => field ?? [];
        init;
    }

    /// <summary>The users concerned. Personal data.</summary>
    [JsonConverter(typeof(ListConverter<string>))]
    public IReadOnlyList<string> ClientUserIds
    {
        get => field ?? [];
        init;
    }

    /// <summary>The devices concerned. Personal data.</summary>
    [JsonConverter(typeof(ListConverter<string>))]
    public IReadOnlyList<string> SerialNumbers
    {
        get => field ?? [];
        init;
    }

    /// <summary>How many records of each kind, never which.</summary>
    public override string ToString() =>
        $"ErrorInfo {{ Assets: {Assets.Count}, ClientUserIds: {ClientUserIds.Count}, SerialNumbers: {SerialNumbers.Count} }}";
}

/// <summary>What names an asset: the same app may be there as <c>STDQ</c> and as <c>PLUS</c>.</summary>
public sealed record AssetKey
{
    /// <summary>Apple's id of the app or book.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>.</summary>
    public string? PricingParam { get; init; }
}
