using System.Text.Json.Serialization;

namespace NotificationHub.Events;

/// <summary>
/// Apple's message as it came: the data of every <c>*.notified</c> event and of <c>notification.test.received</c>. Apple
/// promises no order and puts no time into it: it is a hint of what to look at, and the <c>*.changed</c> events say what
/// is true. Apple: Subscribing to Notifications.
/// </summary>
/// <typeparam name="TNotification">The shape that <see cref="NotificationType"/> selects.</typeparam>
public sealed record NotificationEnvelope<TNotification>
{
    /// <summary>Unique for each notification; an opaque text.</summary>
    public required string NotificationId { get; init; }

    /// <summary>One of <see cref="NotificationTypes"/>, or one that Apple has added since.</summary>
    public required string NotificationType { get; init; }

    /// <summary>The digits that name the location at Apple.</summary>
    [JsonConverter(typeof(AppleIdConverter))]
    public string? UId { get; init; }

    /// <summary>What Apple has to say.</summary>
    public TNotification? Notification { get; init; }
}
