namespace NotificationHub.Events;

/// <summary><c>USER_MANAGEMENT</c>: users were created, updated or retired, or this failed.</summary>
public sealed record UserManagementNotification
{
    /// <summary><c>CREATE</c>, <c>UPDATE</c> or <c>RETIRE</c>.</summary>
    public required string Type { get; init; }

    /// <summary><c>SUCCESS</c> or <c>FAILURE</c>.</summary>
    public required string Result { get; init; }

    /// <summary>The ID that Apple returned for the request; null if there was none.</summary>
    public string? EventId { get; init; }

    /// <summary>The users; at most 100 per notification.</summary>
    public required IReadOnlyList<NotifiedUser> Users { get; init; }

    /// <summary>On <c>FAILURE</c>: the reason.</summary>
    public NotificationError? Error { get; init; }
}

/// <summary><c>USER_ASSOCIATED</c>: users accepted their invitation.</summary>
public sealed record UserAssociatedNotification
{
    /// <summary>The users.</summary>
    public required IReadOnlyList<NotifiedUser> AssociatedUsers { get; init; }
}

/// <summary>A user in a notification, without the invitation code, which would let its holder claim the user.</summary>
public sealed record NotifiedUser
{
    /// <summary>The device management server's ID of the user.</summary>
    public required string ClientUserId { get; init; }

    /// <summary>The email address of the invitation; null for a managed Apple Account.</summary>
    public string? Email { get; init; }

    /// <summary>A hash of the user's Apple Account; null if there is none yet.</summary>
    public string? IdHash { get; init; }

    /// <summary><c>Registered</c>, <c>Associated</c> or <c>Retired</c>.</summary>
    public string? Status { get; init; }
}
