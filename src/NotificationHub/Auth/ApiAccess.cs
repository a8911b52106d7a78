using Microsoft.AspNetCore.Authorization;

namespace NotificationHub.Auth;

internal enum ApiAccess
{
    /// <summary>No credential is configured, so the endpoints are not mapped.</summary>
    None,

    Credentials,

    /// <summary>In Development, requests from this machine need no credential.</summary>
    Local,
}

internal sealed class ApiAccessRules(AuthOptions options, IHostEnvironment environment)
{
    public ApiAccess Feed =>
        environment.IsDevelopment() ? ApiAccess.Local
        : options.Entra is not null || options.HasKey(HubPolicies.Consume) ? ApiAccess.Credentials
        : ApiAccess.None;

    public ApiAccess Admin =>
        options.Entra is not null || HasAdminKey ? ApiAccess.Credentials
        : environment.IsDevelopment() ? ApiAccess.Local
        : ApiAccess.None;

    /// <summary>Whether users can sign in to the console with an admin key.</summary>
    public bool HasAdminKey => options.HasKey(HubPolicies.Read, HubPolicies.Operate);

    /// <summary>Whether users can sign in to the console with Entra ID.</summary>
    public bool HasEntraSignIn => options.Entra?.SignsIn == true;

    public bool IsOpenTo(HttpContext context) =>
        (IsFeed(context) ? Feed : Admin) == ApiAccess.Local && LocalCaller.IsLocal(context);

    public static bool IsFeed(HttpContext context) =>
        context
            .GetEndpoint()
            ?.Metadata.GetOrderedMetadata<IAuthorizeData>()
            .Any(required => required.Policy == HubPolicies.Consume)
        ?? false;
}
