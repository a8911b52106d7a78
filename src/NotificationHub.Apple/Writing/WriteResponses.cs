using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>Apple's acceptance of an asynchronous request, which is not done yet. Apple: EventResponse.</summary>
public sealed record EventResponse : AppleResponse
{
    /// <summary>Identifies the operation in Event Status and in notifications.</summary>
    public string? EventId { get; init; }

    /// <summary>Members that this library does not know; null if there are none.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? AdditionalMembers { get; set; }
}

/// <summary>The result of a change of subscription administrators, which is done.</summary>
public sealed record SubscriptionAdminsChange : AppleResponse
{
    /// <summary>The version of the administrators after the change, opaque.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? VersionId { get; init; }
}

/// <summary>Whether content managers can buy subscriptions for the location. Apple: Enable and Disable Subscriptions.</summary>
public sealed record SubscriptionManagementResponse : AppleResponse
{
    /// <summary>Whether subscriptions are enabled.</summary>
    public bool? SubscriptionManagement { get; init; }
}
