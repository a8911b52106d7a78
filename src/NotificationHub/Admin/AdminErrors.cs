using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Publishing;
using NotificationHub.Replays;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

internal static class AdminErrors
{
    private const string NotWritten = "Could not write to the database. Nothing was changed. Retry the request.";

    /// <summary>Adds problem details to errors without a body, also where only the method or the content type is wrong.</summary>
    public static void UseProblemDetails(this IApplicationBuilder app) =>
        app.UseWhen(
            context => context.GetEndpoint() is not null,
            matched =>
                matched.UseStatusCodePages(status =>
                    TypedResults
                        .Problem(DetailOf(status.HttpContext), statusCode: status.HttpContext.Response.StatusCode)
                        .ExecuteAsync(status.HttpContext)
                )
        );

    public static void UseAdminErrors(this IApplicationBuilder app) =>
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

    /// <summary>The reason for a person why an action was refused or failed; null for an unexpected exception.</summary>
    public static string? MessageOf(Exception exception) =>
        exception switch
        {
            StorageUnavailableException => NotWritten,
            LocationException or DeadLetterQueueException or ReplayException => exception.Message,
            _ => null,
        };

    private static string? DetailOf(HttpContext context) =>
        context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound when context.Request.RouteValues.Count > 0 => "Nothing was found for "
                + string.Join(", ", context.Request.RouteValues.Select(value => $"{value.Key} {value.Value}"))
                + ". Check the spelling; the entry may also have been deleted.",
            StatusCodes.Status405MethodNotAllowed => $"This path supports only {context.Response.Headers.Allow}.",
            StatusCodes.Status415UnsupportedMediaType =>
                "The body must be JSON: send it with Content-Type: application/json.",
            _ => null,
        };

    // Null for an unexpected exception.
    private static IResult? ProblemOf(Exception exception, HttpContext context) =>
        exception switch
        {
            // The exception's message quotes the request.
            BadHttpRequestException { InnerException: JsonException json } => BodyErrors.ProblemOf(json, context),
            BadHttpRequestException bad => TypedResults.Problem(
                bad.StatusCode == StatusCodes.Status400BadRequest
                    ? "The request requires a JSON body. See /openapi/v1.json."
                    : "The request cannot be read.",
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

/// <summary>Explains why a body cannot be read. The deserializer stops at the first error.</summary>
internal static class BodyErrors
{
    public static IResult ProblemOf(JsonException error, HttpContext context)
    {
        // The reader's error, at a position in the text. Other errors are about a member.
        if (error.InnerException is JsonException)
        {
            return Problem(
                $"The body is not valid JSON: see line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}."
            );
        }

        var members = MembersOf(context);
        var supported = string.Join(", ", members);
        var path = error.Path?.TrimStart('$', '.') ?? "";
        if (path.Length == 0)
        {
            return Problem($"The body must be a JSON object. Supported members: {supported}.");
        }

        var isKnown = members.Contains(path.Split('.', '[')[0], StringComparer.OrdinalIgnoreCase);
        return TypedResults.ValidationProblem(
            new Dictionary<string, string[]>(StringComparer.Ordinal)
            {
                [path] =
                [
                    isKnown
                        ? "has the wrong type or is repeated; see /openapi/v1.json"
                        : $"unknown member; supported: {supported}",
                ],
            }
        );
    }

    private static IReadOnlyList<string> MembersOf(HttpContext context)
    {
        var body = context.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType;
        var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        return body is null ? [] : [.. json.GetTypeInfo(body).Properties.Select(property => property.Name)];
    }

    private static IResult Problem(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest);
}
