namespace NotificationHub.Auth;

/// <summary>What an administrator may do: the names of the authorization policies that <c>MapAdmin</c>'s routes demand.</summary>
internal static class AdminPolicies
{
    /// <summary>To look. Every route of the admin API demands it.</summary>
    public const string Read = "Hub.Read";

    /// <summary>To change something; includes <see cref="Read"/>.</summary>
    public const string Operate = "Hub.Operate";
}
