using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>The members that every response of Apple may contain. Each is optional; absent and null mean the same.</summary>
public abstract record AppleResponse
{
    /// <summary>Apple's ID of the location: digits as text.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? UId { get; init; }

    /// <summary>The MDM that owns the location. Another ID than the recorded one means that another server took over.</summary>
    public MdmInfo? MdmInfo { get; init; }

    /// <summary>When the content token expires, if Apple says so. The member may appear only in the last 15 days.</summary>
    [JsonConverter(typeof(AppleDateConverter))]
    public DateTimeOffset? TokenExpirationDate { get; init; }

    // Apple sends some errors with status 200, so every response is checked for them.
    [JsonInclude]
    internal int? ErrorNumber { get; init; }

    [JsonInclude]
    internal string? ErrorMessage { get; init; }

    [JsonInclude]
    internal ErrorInfo? ErrorInfo { get; init; }

    // Not Apple's members, but those that a gateway uses for an error. They can have any type.
    [JsonInclude]
    internal JsonElement? Error { get; init; }

    [JsonInclude]
    internal JsonElement? Errors { get; init; }

    [JsonInclude]
    [JsonPropertyName("status")]
    internal JsonElement? Outcome { get; init; }
}
