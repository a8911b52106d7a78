using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using NotificationHub.Hosting;

namespace NotificationHub.Auth;

/// <summary>Answers those who may not: 401 for a stranger, 403 for somebody known, as problem details that give no hint.</summary>
internal sealed class AdminRefusals(RefusedCredentials refused) : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(
        RequestDelegate next,
        HttpContext context,
        AuthorizationPolicy policy,
        PolicyAuthorizationResult authorizeResult
    ) =>
        authorizeResult switch
        {
            { Succeeded: true } => AcceptAsync(next, context),
            { Forbidden: true } => Refuse(context, StatusCodes.Status403Forbidden),
            _ => Challenge(context),
        };

    private static Task AcceptAsync(RequestDelegate next, HttpContext context)
    {
        context.MarkAuthenticated("administrator", AdminPrincipal.NameOf(context.User));
        return next(context);
    }

    private Task Challenge(HttpContext context)
    {
        refused.Note(RefusedCredentials.Admin, context);
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Refuse(context, StatusCodes.Status401Unauthorized);
    }

    private static Task Refuse(HttpContext context, int status) =>
        TypedResults.Problem(statusCode: status).ExecuteAsync(context);
}
