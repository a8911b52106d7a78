using Microsoft.AspNetCore.Authentication;

namespace NotificationHub.Auth;

/// <summary>How administrators are let in. No scheme is the default: only the admin routes ask who somebody is.</summary>
internal static class AdminSchemes
{
    /// <summary>Hands on to the one that fits what was presented.</summary>
    public const string Any = "Admin";

    public const string ApiKey = "AdminApiKey";
    public const string Entra = "AdminEntra";
    public const string Loopback = "AdminLoopback";

    private const string Bearer = "Bearer ";
    private const int DotsOfToken = 2;

    public static void AddAdminSchemes(this IServiceCollection services, AdminOptions options, bool isDevelopment)
    {
        var schemes = services
            .AddAuthentication()
            .AddPolicyScheme(Any, displayName: null, policy => policy.ForwardDefaultSelector = Selector(options));
        if (!options.IsConfigured && isDevelopment)
        {
            schemes.AddScheme<AuthenticationSchemeOptions, LoopbackHandler>(Loopback, configureOptions: null);
            return;
        }

        services.AddSingleton(_ => new ApiKeyVerifier<AdminKey>(options.ApiKeys));
        schemes.AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKey, configureOptions: null);
        if (options.Entra is { } entra)
        {
            schemes.AddJwtBearer(Entra, jwt => EntraTokens.Configure(jwt, entra));
        }
    }

    private static Func<HttpContext, string?> Selector(AdminOptions options) =>
        context =>
            !options.IsConfigured ? Loopback
            : options.Entra is not null && PresentsToken(context.Request) ? Entra
            : ApiKey;

    // A JSON Web Token has three parts. A key that had them would do in X-Api-Key.
    private static bool PresentsToken(HttpRequest request) =>
        request.Headers.Authorization is [{ } value]
        && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
        && value.Count(letter => letter == '.') == DotsOfToken;
}
