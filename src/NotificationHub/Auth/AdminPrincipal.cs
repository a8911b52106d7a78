using System.Security.Claims;

namespace NotificationHub.Auth;

/// <summary>Who an administrator is: a name for the audit log, and roles as Entra ID's app roles name them.</summary>
internal static class AdminPrincipal
{
    public const string RoleClaim = "roles";

    private const string NameClaim = "name";

    public static ClaimsPrincipal Of(string name, string role, string scheme) =>
        new(new ClaimsIdentity([new Claim(NameClaim, name), new Claim(RoleClaim, role)], scheme, NameClaim, RoleClaim));

    /// <summary>The name that the audit log knows them by. Of a token it is an object's id: e-mail addresses stay out of the log.</summary>
    public static string NameOf(ClaimsPrincipal user) =>
        user.FindFirst("oid")?.Value is { } person ? $"entra:{person}"
        : user.FindFirst("sub")?.Value is { } subject ? $"entra:{subject}"
        : user.Identity?.Name ?? "unknown";
}
