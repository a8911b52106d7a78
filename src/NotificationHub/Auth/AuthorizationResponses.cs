using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using NotificationHub.Hosting;

namespace NotificationHub.Auth;

/// <summary>Responds with problem details: 401 to unknown callers, 403 to callers without the role. The console shows a page.</summary>
internal sealed class AuthorizationResponses(UnauthorizedRequests unauthorized, ApiAccessRules access)
    : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(
        RequestDelegate next,
        HttpContext context,
        AuthorizationPolicy policy,
        PolicyAuthorizationResult authorizeResult
    )
    {
        var isFeed = ApiAccessRules.IsFeed(context);
        if (authorizeResult.Succeeded)
        {
            context.MarkAuthenticated(isFeed ? "consumer" : "administrator", HubPrincipal.NameOf(context.User));
            return next(context);
        }

        if (ConsoleRoute.IsRequestedBy(context))
        {
            return authorizeResult.Forbidden
                ? context.ForbidAsync(ConsoleSessions.Scheme)
                : context.ChallengeAsync(ConsoleSessions.Scheme);
        }

        if (authorizeResult.Forbidden)
        {
            return TypedResults.Problem(statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(context);
        }

        unauthorized.Record(isFeed ? UnauthorizedRequests.Consumers : UnauthorizedRequests.Admin, context);
        context.Response.Headers.WWWAuthenticate = "Bearer";
        // Administrators get no hint.
        return TypedResults
            .Problem(isFeed ? Advice : null, statusCode: StatusCodes.Status401Unauthorized)
            .ExecuteAsync(context);
    }

    private string Advice =>
        access.Feed == ApiAccess.Local
            ? "In Development, only requests from this machine to localhost need no key. "
                + "Send other requests with a consumer's key as Authorization: Bearer KEY."
            : "Send the request with a consumer's key as Authorization: Bearer KEY or X-Api-Key: KEY.";
}
