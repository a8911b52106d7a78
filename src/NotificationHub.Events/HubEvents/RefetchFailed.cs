namespace NotificationHub.Events;

/// <summary>Data of <see cref="EventNames.RefetchFailed"/>: what is known of the record may be old.</summary>
public sealed record RefetchFailed
{
    /// <summary>What was to be read: <c>asset</c>, <c>assignments</c>, <c>user</c>, <c>subscription</c> or <c>subscription-assignments</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>Which one.</summary>
    public required string Key { get; init; }

    /// <summary>How often it was tried.</summary>
    public required long Attempts { get; init; }

    /// <summary>What Apple said or what went wrong on the way.</summary>
    public required string Fault { get; init; }
}
