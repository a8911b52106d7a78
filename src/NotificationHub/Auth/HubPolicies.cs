namespace NotificationHub.Auth;

/// <summary>The authorization policies, which are also the names of Entra ID's app roles.</summary>
internal static class HubPolicies
{
    /// <summary>Read the feed and the snapshots.</summary>
    public const string Consume = "Hub.Consume";

    /// <summary>Read what administrators see.</summary>
    public const string Read = "Hub.Read";

    /// <summary>Change something; includes <see cref="Read"/>.</summary>
    public const string Operate = "Hub.Operate";

    public const string ConsumeRole = nameof(Consume);

    /// <returns>The policy of an API key's role; null for an unknown role.</returns>
    public static string? ForRole(string role) =>
        role.Equals(ConsumeRole, StringComparison.OrdinalIgnoreCase) ? Consume
        : role.Equals(nameof(Read), StringComparison.OrdinalIgnoreCase) ? Read
        : role.Equals(nameof(Operate), StringComparison.OrdinalIgnoreCase) ? Operate
        : null;
}
