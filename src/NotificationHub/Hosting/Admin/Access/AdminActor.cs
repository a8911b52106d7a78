using NotificationHub.Storage.Auditing;

namespace NotificationHub.Hosting.Admin.Access;

internal static class AdminActor
{
    /// <summary>Whoever sent the request, for the audit log.</summary>
    public static Actor Of(HttpContext context) =>
        new(AdminPrincipal.NameOf(context.User), context.Connection.RemoteIpAddress?.ToString() ?? "unknown");
}
