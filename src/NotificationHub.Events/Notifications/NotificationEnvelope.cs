using System.Text.Json.Serialization;

namespace NotificationHub.Events;

/// <summary>
/// Apple's unchanged notification: the data of every <c>*.notified</c> event and of <c>notification.test.received</c>.
/// Apple guarantees no order and includes no time. So it is only a hint; the <c>*.changed</c> events have the current
/// state. Apple: Subscribing to Notifications.
/// </summary>
/// <typeparam name="TNotification">The shape that <see cref="NotificationType"/> selects.</typeparam>
public sealed record NotificationEnvelope<TNotification>
{
    /// <summary>Unique ID of the notification; an opaque string.</summary>
    public required string NotificationId { get; init; }

    /// <summary>One of <see cref="NotificationTypes"/>, or a type that Apple has added since.</summary>
    public required string NotificationType { get; init; }

    /// <summary>Apple's ID of the location; digits only.</summary>
    [JsonConverter(typeof(AppleIdConverter))]
    public string? UId { get; init; }

    /// <summary>The content of the notification.</summary>
    // An undefined JsonElement cannot be written.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TNotification? Notification { get; init; }
}
