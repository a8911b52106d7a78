using System.Security.Claims;
using NotificationHub.Storage;

namespace NotificationHub.Auth;

/// <summary>An authenticated caller: a name for the audit log, and roles named like Entra ID's app roles.</summary>
internal static class HubPrincipal
{
    public const string RoleClaim = "roles";

    private const string NameClaim = "name";

    public static ClaimsPrincipal Create(string name, string scheme, params string[] roles) =>
        Create(name, scheme, roles, []);

    public static ClaimsPrincipal Create(string name, string scheme, ApiKey key) =>
        Create(name, scheme, [HubPolicies.ForRole(key.Role)!], ConsumerScope.CreateClaims(key));

    /// <summary>The caller's name in the audit log. For a token this is an object ID: no email address is logged.</summary>
    public static string NameOf(ClaimsPrincipal user) =>
        user.FindFirst("oid")?.Value is { } person ? $"entra:{person}"
        : user.FindFirst("sub")?.Value is { } subject ? $"entra:{subject}"
        : user.Identity?.Name ?? "unknown";

    /// <summary>Whether the caller may change something and see personal data.</summary>
    public static bool MayOperate(this ClaimsPrincipal user) => user.HasClaim(RoleClaim, HubPolicies.Operate);

    public static Actor ActorOf(HttpContext context) =>
        new(NameOf(context.User), context.Connection.RemoteIpAddress?.ToString() ?? "unknown");

    private static ClaimsPrincipal Create(string name, string scheme, string[] roles, IEnumerable<Claim> scope)
    {
        var claims = roles.Select(role => new Claim(RoleClaim, role)).Prepend(new Claim(NameClaim, name));
        return new ClaimsPrincipal(new ClaimsIdentity(claims.Concat(scope), scheme, NameClaim, RoleClaim));
    }
}

/// <summary>The authorization policies, which are also the names of Entra ID's app roles.</summary>
internal static class HubPolicies
{
    /// <summary>Read the feed and the snapshots.</summary>
    public const string Consume = "Hub.Consume";

    /// <summary>Read what administrators see, except personal data.</summary>
    public const string Read = "Hub.Read";

    /// <summary>Change something and see personal data; includes <see cref="Read"/>.</summary>
    public const string Operate = "Hub.Operate";

    public const string ConsumeRole = nameof(Consume);

    /// <returns>The policy of an API key's role; null for an unknown role.</returns>
    public static string? ForRole(string role) =>
        role.Equals(ConsumeRole, StringComparison.OrdinalIgnoreCase) ? Consume
        : role.Equals(nameof(Read), StringComparison.OrdinalIgnoreCase) ? Read
        : role.Equals(nameof(Operate), StringComparison.OrdinalIgnoreCase) ? Operate
        : null;
}
