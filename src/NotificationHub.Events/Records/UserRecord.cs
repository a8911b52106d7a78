namespace NotificationHub.Events;

/// <summary>
/// A user to whom assets can be assigned, without the invitation code, which would let its holder claim the user.
/// Apple: Get Users.
/// </summary>
public sealed record UserRecord
{
    /// <summary>The device management server's ID of the user; the key.</summary>
    public required string ClientUserId { get; init; }

    /// <summary>The email address of the invitation.</summary>
    public string? Email { get; init; }

    /// <summary>A hash of the user's Apple Account; null if there is none yet.</summary>
    public string? IdHash { get; init; }

    /// <summary><c>Registered</c>, <c>Associated</c> or <c>Retired</c>.</summary>
    public required string Status { get; init; }
}
