using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace NotificationHub.Auth;

/// <summary>Sign-in to the console with Microsoft Entra ID: OpenID Connect with an authorization code and PKCE.</summary>
internal static class ConsoleEntraSignIn
{
    public const string Scheme = "HubConsoleEntra";

    /// <summary>The page on which a sign-in begins.</summary>
    public const string StartPath = $"{ConsoleSessions.SignInPath}/entra";

    /// <summary>The page to which Entra ID returns the browser: the redirect URI of the application.</summary>
    public const string CallbackPath = $"{StartPath}/callback";

    /// <summary>The page that leads on, because the browser sends no strict cookie while it comes from another site.</summary>
    public const string CompletedPath = $"{ConsoleSessions.Root}/signed-in";

    /// <summary>The query parameter of the sign-in page after a failure.</summary>
    public const string FailedParameter = "failed";

    private const string CompletedCookie = "hub-console-completed";

    public static void AddConsoleEntraSignIn(
        this AuthenticationBuilder schemes,
        EntraOptions entra,
        IHostEnvironment environment
    )
    {
        schemes.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<
                IPostConfigureOptions<OpenIdConnectOptions>,
                OpenIdConnectPostConfigureOptions
            >()
        );
        schemes.AddRemoteScheme<OpenIdConnectOptions, Handler>(
            Scheme,
            displayName: null,
            options => Configure(options, entra, environment)
        );
    }

    /// <summary>Sends the browser to Entra ID.</summary>
    public static Task StartAsync(HttpContext context) =>
        context.ChallengeAsync(
            Scheme,
            new AuthenticationProperties
            {
                RedirectUri = QueryHelpers.AddQueryString(
                    CompletedPath,
                    ConsoleSessions.ReturnParameter,
                    ConsoleSessions.ReturnUrlOf(context)
                ),
            }
        );

    private static void Configure(OpenIdConnectOptions options, EntraOptions entra, IHostEnvironment environment)
    {
        options.Authority = EntraTokens.AuthorityOf(entra);
        options.RequireHttpsMetadata = EntraTokens.IsHttps(options.Authority);
        options.ClientId = entra.ClientId;
        options.ClientSecret = entra.ClientSecret;
        options.ResponseType = OpenIdConnectResponseType.Code;
        // A form would be posted from another site, without strict or lax cookies.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.SignInScheme = ConsoleSessions.Scheme;
        options.CallbackPath = CallbackPath;
        options.RemoteSignOutPath = default;
        options.SignedOutCallbackPath = default;
        options.MapInboundClaims = false;
        options.SaveTokens = false;
        options.DisableTelemetry = true;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            RoleClaimType = HubPrincipal.RoleClaim,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
        };
        options.CorrelationCookie = new ConsoleCookie("hub-console-entra.", environment)
        {
            SameSite = SameSiteMode.Lax,
        };
        options.NonceCookie = new ConsoleCookie("hub-console-nonce.", environment) { SameSite = SameSiteMode.Lax };
        options.Events = new OpenIdConnectEvents
        {
            OnTicketReceived = AcceptAsync,
            OnRemoteFailure = context =>
            {
                context.HandleResponse();
                context.Response.Redirect($"{ConsoleSessions.SignInPath}?{FailedParameter}=true");
                return Task.CompletedTask;
            },
        };
    }

    private static async Task AcceptAsync(TicketReceivedContext context)
    {
        var presented = context.Principal!;
        string[] roles =
        [
            .. presented
                .FindAll(HubPrincipal.RoleClaim)
                .Select(role => role.Value)
                .Where(role => role is HubPolicies.Read or HubPolicies.Operate),
        ];
        if (roles.Length == 0)
        {
            context.HandleResponse();
            context.Response.Redirect(ConsoleSessions.DeniedPath);
            return;
        }

        // The cookie needs neither the other claims nor the token.
        var user = HubPrincipal.Create("entra", ConsoleSessions.Scheme, roles);
        user.Identities.First()
            .AddClaims(presented.FindAll(claim => claim.Type is "oid" or "sub").Select(claim => claim.Clone()));
        context.Principal = user;
        await ConsoleSessions.AuditSignInAsync(context.HttpContext, user);
        context.Response.Cookies.Append(CompletedCookie, "true", CompletedOptions(context.HttpContext));
    }

    /// <summary>
    /// Whether the browser comes from a sign-in that has just ended. Otherwise a link of another site could lead on from
    /// <see cref="CompletedPath"/> to a page, with the session.
    /// </summary>
    public static bool TakeCompleted(HttpContext context)
    {
        context.Response.Cookies.Delete(CompletedCookie, CompletedOptions(context));
        return context.Request.Cookies.ContainsKey(CompletedCookie);
    }

    private static CookieOptions CompletedOptions(HttpContext context) =>
        new ConsoleCookie(CompletedCookie, context.RequestServices.GetRequiredService<IHostEnvironment>())
        {
            SameSite = SameSiteMode.Lax,
        }.Build(context);

    // The framework would handle the callback on every listener.
    private sealed class Handler(
        IOptionsMonitor<OpenIdConnectOptions> options,
        ILoggerFactory loggers,
        HtmlEncoder html,
        UrlEncoder url
    ) : OpenIdConnectHandler(options, loggers, html, url)
    {
        public override Task<bool> HandleRequestAsync() =>
            ConsoleRoute.IsRequestedBy(Context) ? base.HandleRequestAsync() : Task.FromResult(false);
    }
}
