namespace NotificationHub.Events;

/// <summary>
/// Data of <see cref="EventNames.NotificationUnrecognized"/>: a post is kept as it came, but its type or shape is not
/// known. <c>notifications show</c> and <c>notifications reroute</c> take its <see cref="Seq"/>.
/// </summary>
public sealed record NotificationUnrecognized
{
    /// <summary>Apple's id of it, if it can be read.</summary>
    public string? NotificationId { get; init; }

    /// <summary>Apple's type of it, if it can be read.</summary>
    public string? NotificationType { get; init; }

    /// <summary>Its place in the notification log.</summary>
    public required long Seq { get; init; }

    /// <summary>Everything that does not fit, each with the path of the member and what was expected.</summary>
    public required IReadOnlyList<string> Faults { get; init; }
}
