namespace NotificationHub.Apple;

/// <summary>What is known of one of the requests of a write.</summary>
public enum OperationPartState
{
    /// <summary>Apple accepted it and works on it; <see cref="OperationPart.EventId"/> identifies it.</summary>
    Accepted,

    /// <summary>It certainly had no effect, for example because Apple rejected it.</summary>
    Rejected,

    /// <summary>Its effect is unknown. Use <see cref="AppleSession.FindMissingAsync"/> before it is sent again.</summary>
    Unknown,

    /// <summary>It was not sent, because an earlier request failed.</summary>
    NotSent,
}

/// <summary>One of the requests of a write.</summary>
/// <param name="Request">What was requested.</param>
/// <param name="State">What became of the request.</param>
/// <param name="Response">Apple's acceptance of an asynchronous request.</param>
public sealed record OperationPart(WriteRequest Request, OperationPartState State, EventResponse? Response = null)
{
    /// <summary>Identifies the request in Event Status and in notifications, if it was accepted.</summary>
    public string? EventId => Response?.EventId;
}
