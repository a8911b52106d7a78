namespace NotificationHub.Events;

/// <summary>A user that assets can be assigned to. The invitation code is left out: whoever has it can claim the user. Apple: Get Users.</summary>
public sealed record UserRecord
{
    /// <summary>The device management server's id of the user; the key.</summary>
    public required string ClientUserId { get; init; }

    /// <summary>Where the invitation was sent.</summary>
    public string? Email { get; init; }

    /// <summary>A hash of the user's Apple Account; null until there is one.</summary>
    public string? IdHash { get; init; }

    /// <summary><c>Registered</c>, <c>Associated</c> or <c>Retired</c>.</summary>
    public required string Status { get; init; }
}
