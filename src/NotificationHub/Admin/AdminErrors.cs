using System.Text.Json;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Publishing;
using NotificationHub.Replays;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

internal static class AdminErrors
{
    private const string NotWritten = "Could not write to the database. Nothing was changed. Retry the request.";

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

    /// <summary>The reason for a person why an action was refused or failed; null for an unexpected exception.</summary>
    public static string? MessageOf(Exception exception) =>
        exception switch
        {
            StorageUnavailableException => NotWritten,
            LocationException or DeadLetterQueueException or ReplayException => exception.Message,
            _ => null,
        };

    // Null for an unexpected exception.
    private static IResult? ProblemOf(Exception exception, HttpContext context) =>
        exception switch
        {
            // The exception's message quotes the request.
            BadHttpRequestException { InnerException: JsonException json } bad => TypedResults.Problem(
                $"The body does not match the schema at {json.Path ?? "$"}. See /openapi/v1.json.",
                statusCode: bad.StatusCode
            ),
            BadHttpRequestException bad => TypedResults.Problem(
                "The request does not match the schema. See /openapi/v1.json.",
                statusCode: bad.StatusCode
            ),
            StorageUnavailableException => Unavailable(context),
            LocationException error => TypedResults.Problem(
                error.Message,
                statusCode: StatusOf(error.Code),
                extensions: [KeyValuePair.Create<string, object?>("code", error.Code.ToWireName())]
            ),
            DeadLetterQueueException error => TypedResults.Problem(
                error.Message,
                statusCode: error.IsNotFound ? StatusCodes.Status404NotFound : StatusCodes.Status502BadGateway
            ),
            ReplayException error => TypedResults.Problem(
                error.Message,
                statusCode: StatusOf(error.Code),
                extensions: error.Oldest is { } oldest ? [KeyValuePair.Create<string, object?>("oldest", oldest)] : null
            ),
            _ => null,
        };

    private static int StatusOf(ReplayErrorCode code) =>
        code switch
        {
            ReplayErrorCode.NotFound => StatusCodes.Status404NotFound,
            ReplayErrorCode.Gone => StatusCodes.Status410Gone,
            _ => StatusCodes.Status409Conflict,
        };

    private static int StatusOf(LocationErrorCode code) =>
        code switch
        {
            LocationErrorCode.BadInput => StatusCodes.Status400BadRequest,
            LocationErrorCode.NotFound => StatusCodes.Status404NotFound,
            LocationErrorCode.NoLiveReplica or LocationErrorCode.ReplicaBehind =>
                StatusCodes.Status503ServiceUnavailable,
            // Apple refused the request, or its result is unknown.
            LocationErrorCode.Refused or LocationErrorCode.Unconfirmed => StatusCodes.Status502BadGateway,
            LocationErrorCode.TargetRefused or LocationErrorCode.TargetUnavailable => StatusCodes.Status502BadGateway,
            LocationErrorCode.KeyMissing => StatusCodes.Status500InternalServerError,
            _ => StatusCodes.Status409Conflict,
        };

    private static IResult Unavailable(HttpContext context)
    {
        context.Response.Headers.RetryAfter = ResponseHeaders.RetryAfter;
        return TypedResults.Problem(NotWritten, statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
