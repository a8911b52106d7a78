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

    /// <summary>The notification secret that Apple presents; null if none is set, or if the response omits it.</summary>
    [JsonConverter(typeof(NotificationAuthTokenConverter))]
    public NotificationAuthToken? NotificationAuthToken { get; init; }

    /// <summary>The subscribed notification types, in no particular order.</summary>
    [JsonConverter(typeof(ListConverter<string>))]
    public IReadOnlyList<string> SubscribedNotificationTypes
    {
        get => field ?? [];
        init;
    }
}
