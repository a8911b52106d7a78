using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>What every answer of Apple may carry. Each member is optional; absent and null mean the same.</summary>
public abstract record AppleAnswer
{
    /// <summary>Apple's id of the location: text of digits.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? UId { get; init; }

    /// <summary>The MDM that owns the location. Another id than the recorded one means that another server took over.</summary>
    public MdmInfo? MdmInfo { get; init; }

    /// <summary>When the content token ends, where Apple says so; it may appear only in the last 15 days.</summary>
    [JsonConverter(typeof(AppleDateConverter))]
    public DateTimeOffset? TokenExpirationDate { get; init; }

    // Apple sends errors with a status of 200, so every answer is looked at for them.
    [JsonInclude]
    internal int? ErrorNumber { get; init; }

    [JsonInclude]
    internal string? ErrorMessage { get; init; }

    [JsonInclude]
    internal ErrorInfo? ErrorInfo { get; init; }

    // Not Apple's members, but what a gateway calls an error; they may be of any type.
    [JsonInclude]
    internal JsonElement? Error { get; init; }

    [JsonInclude]
    internal JsonElement? Errors { get; init; }

    [JsonInclude]
    [JsonPropertyName("status")]
    internal JsonElement? Outcome { get; init; }
}
