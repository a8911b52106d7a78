namespace NotificationHub.Events;

/// <summary><c>USER_MANAGEMENT</c>: users were created, updated or retired, or that failed.</summary>
public sealed record UserManagementNotification
{
    /// <summary><c>CREATE</c>, <c>UPDATE</c> or <c>RETIRE</c>.</summary>
    public required string Type { get; init; }

    /// <summary><c>SUCCESS</c> or <c>FAILURE</c>.</summary>
    public required string Result { get; init; }

    /// <summary>The id that Apple gave to the request; null where there was none.</summary>
    public string? EventId { get; init; }

    /// <summary>The users; at most 100 at a time.</summary>
    public required IReadOnlyList<NotifiedUser> Users { get; init; }

    /// <summary>On <c>FAILURE</c>: why.</summary>
    public NotificationError? Error { get; init; }
}

/// <summary><c>USER_ASSOCIATED</c>: users accepted their invitation.</summary>
public sealed record UserAssociatedNotification
{
    /// <summary>The users.</summary>
    public required IReadOnlyList<NotifiedUser> AssociatedUsers { get; init; }
}

/// <summary>A user as a notification describes it. The invitation code is left out: whoever has it can claim the user.</summary>
public sealed record NotifiedUser
{
    /// <summary>The device management server's id of the user.</summary>
    public required string ClientUserId { get; init; }

    /// <summary>Where the invitation was sent; null with a managed Apple Account.</summary>
    public string? Email { get; init; }

    /// <summary>A hash of the user's Apple Account; null until there is one.</summary>
    public string? IdHash { get; init; }

    /// <summary><c>Registered</c>, <c>Associated</c> or <c>Retired</c>.</summary>
    public string? Status { get; init; }
}
