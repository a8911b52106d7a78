using NotificationHub.Storage;

namespace NotificationHub.Auth;

internal static class AdminActor
{
    /// <summary>Whoever sent the request, for the audit log.</summary>
    public static Actor Of(HttpContext context) =>
        new(AdminPrincipal.NameOf(context.User), context.Connection.RemoteIpAddress?.ToString() ?? "unknown");
}
