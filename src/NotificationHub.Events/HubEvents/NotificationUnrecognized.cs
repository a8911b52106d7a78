namespace NotificationHub.Events;

/// <summary>
/// Data of <see cref="EventNames.NotificationUnrecognized"/>: a stored notification has an unknown type or shape. Pass
/// <see cref="Seq"/> to <c>notifications show</c> and <c>notifications reroute</c>.
/// </summary>
public sealed record NotificationUnrecognized
{
    /// <summary>Apple's ID of the notification, if readable.</summary>
    public string? NotificationId { get; init; }

    /// <summary>Apple's type of the notification, if readable.</summary>
    public string? NotificationType { get; init; }

    /// <summary>Its position in the notification log.</summary>
    public required long Seq { get; init; }

    /// <summary>All errors, each with the path of the member and the expected value.</summary>
    public required IReadOnlyList<string> Faults { get; init; }
}
