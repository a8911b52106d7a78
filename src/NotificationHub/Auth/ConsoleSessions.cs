using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using NotificationHub.Storage;

namespace NotificationHub.Auth;

/// <summary>The sessions of browsers in the console: a cookie that the console alone accepts.</summary>
internal static class ConsoleSessions
{
    public const string Root = "/console";
    public const string SignInPath = $"{Root}/sign-in";
    public const string DeniedPath = $"{Root}/denied";

    /// <summary>The query parameter with the page to return to after sign-in.</summary>
    public const string ReturnParameter = "return";

    public const string Scheme = "HubConsole";

    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private const string DigestClaim = "notificationhub:key";

    public static void AddConsoleCookie(
        this AuthenticationBuilder schemes,
        AuthOptions options,
        IHostEnvironment environment
    ) =>
        schemes.AddCookie(
            Scheme,
            cookie =>
            {
                cookie.Cookie = new ConsoleCookie("hub-console", environment);
                cookie.ExpireTimeSpan = Lifetime;
                // Live values are requested all the time, and would extend the session for ever.
                cookie.SlidingExpiration = false;
                cookie.LoginPath = SignInPath;
                cookie.AccessDeniedPath = DeniedPath;
                cookie.ReturnUrlParameter = ReturnParameter;
                cookie.Events.OnValidatePrincipal = context =>
                {
                    if (!IsStillValid(context.Principal!, options))
                    {
                        context.RejectPrincipal();
                    }

                    return Task.CompletedTask;
                };
            }
        );

    /// <summary>The page to return to after sign-in; the overview if the request names none of the console's pages.</summary>
    // A URL of another host does not start with a slash and this path.
    public static string ReturnUrlOf(HttpContext context) =>
        context.Request.Query[ReturnParameter] is [{ } url] && url.StartsWith(Root, StringComparison.Ordinal)
            ? url
            : Root;

    public static async Task SignInAsync(HttpContext context, ApiKey key)
    {
        var user = HubPrincipal.Create($"key:{key.Name}", Scheme, key);
        user.Identities.First().AddClaim(new Claim(DigestClaim, key.Sha256));
        await AuditSignInAsync(context, user);
        await context.SignInAsync(Scheme, user);
    }

    public static Task AuditSignInAsync(HttpContext context, ClaimsPrincipal user) =>
        context
            .RequestServices.GetRequiredService<AuditTrail>()
            .RecordAsync(
                new Actor(HubPrincipal.NameOf(user), OriginOf(context)),
                new AuditedAct("console sign-in"),
                context.RequestAborted
            );

    public static Actor ActorOf(HttpContext context) =>
        HubPrincipal.ActorOf(context) with
        {
            Origin = OriginOf(context),
        };

    private static string OriginOf(HttpContext context) =>
        $"console from {context.Connection.RemoteIpAddress?.ToString() ?? "unknown"}";

    // A session ends when its key, or the sign-in with Entra ID, is removed from the settings.
    private static bool IsStillValid(ClaimsPrincipal user, AuthOptions options) =>
        user.FindFirst(DigestClaim)?.Value is { } digest
            ? options.ApiKeys.Any(key =>
                key.Sha256 == digest
                && HubPolicies.ForRole(key.Role) is { } role
                && user.HasClaim(HubPrincipal.RoleClaim, role)
            )
            : options.Entra?.SignsIn == true;
}

/// <summary>The settings of the console's cookies: only the console's own pages send them, and no script reads them.</summary>
internal sealed class ConsoleCookie : CookieBuilder
{
    private readonly bool isDevelopment;

    public ConsoleCookie(string name, IHostEnvironment environment)
    {
        isDevelopment = environment.IsDevelopment();
        Name = name;
        Path = ConsoleSessions.Root;
        HttpOnly = true;
        SameSite = SameSiteMode.Strict;
        IsEssential = true;
    }

    // Set here, because antiforgery refuses plain http otherwise. A proxy may have removed TLS.
    public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
    {
        var options = base.Build(context, expiresFrom);
        options.Secure = context.Request.IsHttps || !isDevelopment;
        return options;
    }
}

/// <summary>Marks a route of the console.</summary>
internal sealed class ConsoleRoute
{
    public static readonly ConsoleRoute Mark = new();

    public static bool IsRequestedBy(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<ConsoleRoute>() is not null;
}
