using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>Apple's configuration of a location. Apple: ClientConfigResponse.</summary>
public sealed record ClientConfig : AppleResponse
{
    /// <summary>The location's country, such as <c>US</c>.</summary>
    public string? CountryISO2ACode { get; init; }

    /// <summary><c>volumestore</c> or <c>enterprisestore</c>.</summary>
    public string? DefaultPlatform { get; init; }

    /// <summary>Where the organization administers the location.</summary>
    [JsonPropertyName("websiteURL")]
    public string? WebsiteUrl { get; init; }

    /// <summary>The location's name.</summary>
    public string? LocationName { get; init; }

    /// <summary>Where Apple posts the location's notifications.</summary>
    public string? NotificationUrl { get; init; }

    /// <summary>
    /// SHA-256 of the notification secret that Apple presents (of its UTF-8 bytes); null if none is set. Apple returns the
    /// secret itself, which is discarded so that it cannot be logged.
    /// </summary>
    [JsonPropertyName("notificationAuthToken")]
    [JsonConverter(typeof(DigestConverter))]
    public byte[]? NotificationAuthTokenSha256 { get; init; }

    /// <summary>The subscribed notification types, in no particular order.</summary>
    [JsonConverter(typeof(ListConverter<string>))]
    public IReadOnlyList<string> SubscribedNotificationTypes
    {
        get => field ?? [];
        init;
    }
}
