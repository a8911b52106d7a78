using System.Text.Json;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <summary>Answers the faults that are foreseen with problem details, on admin routes only.</summary>
internal static class AdminErrors
{
    public static void UseAdminErrors(this IApplicationBuilder app)
    {
        app.UseStatusCodePages(status =>
            TypedResults.Problem(statusCode: status.HttpContext.Response.StatusCode).ExecuteAsync(status.HttpContext)
        );
        app.Use(
            async (context, next) =>
            {
                try
                {
                    await next(context);
                }
                catch (Exception exception)
                    when (!context.Response.HasStarted && ProblemOf(exception, context) is { } problem)
                {
                    await problem.ExecuteAsync(context);
                }
            }
        );
    }

    /// <summary>Null for what nobody has foreseen.</summary>
    private static IResult? ProblemOf(Exception exception, HttpContext context) =>
        exception switch
        {
            // Its own message quotes what was sent.
            BadHttpRequestException { InnerException: JsonException json } bad => TypedResults.Problem(
                $"The body is not of the documented shape, at {json.Path ?? "$"}.",
                statusCode: bad.StatusCode
            ),
            BadHttpRequestException bad => TypedResults.Problem(
                "The request is not of the documented shape: see /openapi/v1.json.",
                statusCode: bad.StatusCode
            ),
            StorageUnavailableException => Unavailable(context),
            LocationException fault => TypedResults.Problem(
                fault.Message,
                statusCode: StatusOf(fault.Code),
                extensions: [KeyValuePair.Create<string, object?>("code", fault.Code.ToWireName())]
            ),
            _ => null,
        };

    private static int StatusOf(LocationErrorCode fault) =>
        fault switch
        {
            LocationErrorCode.BadInput => StatusCodes.Status400BadRequest,
            LocationErrorCode.NotFound => StatusCodes.Status404NotFound,
            LocationErrorCode.NoLiveReplica or LocationErrorCode.ReplicaBehind =>
                StatusCodes.Status503ServiceUnavailable,
            // Apple did not do it, or did not say so.
            LocationErrorCode.Refused or LocationErrorCode.Unconfirmed => StatusCodes.Status502BadGateway,
            LocationErrorCode.KeyMissing => StatusCodes.Status500InternalServerError,
            _ => StatusCodes.Status409Conflict,
        };

    private static IResult Unavailable(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "5";
        return TypedResults.Problem(
            "The database cannot be written at this moment; nothing was changed.",
            statusCode: StatusCodes.Status503ServiceUnavailable
        );
    }
}
