using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using NotificationHub.Hosting;

namespace NotificationHub.Auth;

internal static class AuthSetup
{
    private const string AnyScheme = "Hub";
    private const string KeyScheme = "HubApiKey";
    private const string EntraScheme = "HubEntra";

    public static void AddAuth(this HubBuilder hub)
    {
        var options = hub.AddOptions(AuthOptions.Section, new AuthOptionsValidator());
        var access = new ApiAccessRules(options, hub.Environment);
        hub.Services.AddSingleton(access);
        if (access is { Feed: ApiAccess.None, Admin: ApiAccess.None })
        {
            return;
        }

        hub.Services.AddSingleton(_ => new ApiKeyVerifier(options.ApiKeys));
        hub.Services.AddSingleton<AccessMetrics>();
        hub.Services.AddSingleton<UnauthorizedRequests>();
        hub.Services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuthorizationResponses>();
        // With two schemes at least, none is the default: the intake's requests are not authenticated.
        var schemes = hub
            .Services.AddAuthentication()
            .AddPolicyScheme(
                AnyScheme,
                displayName: null,
                policy =>
                    policy.ForwardDefaultSelector = context =>
                        // A cookie is good for the console only, and a key or token for the rest.
                        ConsoleRoute.IsRequestedBy(context)
                        && access.Admin != ApiAccess.Local
                            ? ConsoleSessions.Scheme
                        : options.Entra is not null && EntraTokens.IsPresentedBy(context.Request) ? EntraScheme
                        : KeyScheme
            )
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(KeyScheme, configureOptions: null);
        schemes.AddConsoleCookie(options, hub.Environment);
        if (options.Entra is { } entra)
        {
            schemes.AddJwtBearer(EntraScheme, jwt => EntraTokens.Configure(jwt, entra));
            if (entra.SignsIn)
            {
                schemes.AddConsoleEntraSignIn(entra, hub.Environment);
            }
        }

        hub.Services.AddAuthorizationBuilder()
            .AddPolicy(HubPolicies.Consume, policy => Require(policy, HubPolicies.Consume))
            .AddPolicy(HubPolicies.Read, policy => Require(policy, HubPolicies.Read, HubPolicies.Operate))
            .AddPolicy(HubPolicies.Operate, policy => Require(policy, HubPolicies.Operate));
    }

    private static void Require(AuthorizationPolicyBuilder policy, params string[] roles) =>
        policy
            .AddAuthenticationSchemes(AnyScheme)
            .RequireAuthenticatedUser()
            .RequireClaim(HubPrincipal.RoleClaim, roles);
}
