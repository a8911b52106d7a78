namespace NotificationHub.Events;

/// <summary>Data of <see cref="EventNames.EventDeadLettered"/>: <c>dead-letters show</c> and <c>dead-letters resend</c> take its <see cref="Seq"/>.</summary>
public sealed record EventDeadLettered
{
    /// <summary>The <c>id</c> of the event that is set aside.</summary>
    public required string EventId { get; init; }

    /// <summary>Its place in the event log.</summary>
    public required long Seq { get; init; }

    /// <summary>Its topic.</summary>
    public required string Topic { get; init; }

    /// <summary>Its full type.</summary>
    public required string Type { get; init; }

    /// <summary>What the broker said.</summary>
    public required string Reason { get; init; }
}
