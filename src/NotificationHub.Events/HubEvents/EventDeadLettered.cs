namespace NotificationHub.Events;

/// <summary>
/// Data of <see cref="EventNames.EventDeadLettered"/>. Pass <see cref="Seq"/> to <c>dead-letters show</c> and
/// <c>dead-letters resend</c>.
/// </summary>
public sealed record EventDeadLettered
{
    /// <summary>The <c>id</c> of the rejected event.</summary>
    public required string EventId { get; init; }

    /// <summary>Its position in the event log.</summary>
    public required long Seq { get; init; }

    /// <summary>Its topic.</summary>
    public required string Topic { get; init; }

    /// <summary>Its full type.</summary>
    public required string Type { get; init; }

    /// <summary>The reason that Service Bus gave.</summary>
    public required string Reason { get; init; }
}
