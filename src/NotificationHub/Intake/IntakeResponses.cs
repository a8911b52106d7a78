using Microsoft.AspNetCore.Mvc;
using NotificationHub.Hosting;

namespace NotificationHub.Intake;

// Apple reads only the status. The texts are for a person who sends a request by hand.
internal static class IntakeResponses
{
    private const int MaxCoding = 64;

    // The same bytes for every cause, so that the response reveals nothing.
    public static Task UnauthorizedAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Task.CompletedTask;
    }

    public static Task RejectedAsync(HttpContext context, string error) =>
        ProblemAsync(context, StatusCodes.Status400BadRequest, "The body is not a notification.", error);

    public static Task UndecodableAsync(HttpContext context) =>
        ProblemAsync(
            context,
            StatusCodes.Status400BadRequest,
            "The body cannot be decoded.",
            "it does not match its Content-Encoding"
        );

    public static Task UnknownCodingAsync(HttpContext context)
    {
        var coding = context.Request.Headers.ContentEncoding.ToString();
        context.Response.Headers.AcceptEncoding = ContentCodings.Accepted;
        return ProblemAsync(
            context,
            StatusCodes.Status415UnsupportedMediaType,
            "The content coding is not supported.",
            $"Content-Encoding is '{coding[..Math.Min(coding.Length, MaxCoding)]}'; supported: {ContentCodings.Accepted}"
        );
    }

    public static Task TooLargeAsync(HttpContext context, int maxBytes) =>
        ProblemAsync(
            context,
            StatusCodes.Status413PayloadTooLarge,
            "The body is too large.",
            $"the limit is {maxBytes} bytes, before and after decoding (Intake:MaxBodyBytes)"
        );

    public static Task TimedOutAsync(HttpContext context)
    {
        // The rest of the body may arrive later, and would be read as the next request on this connection.
        context.Response.Headers.Connection = "close";
        return ProblemAsync(
            context,
            StatusCodes.Status408RequestTimeout,
            "The body did not arrive in time.",
            "the limit is Intake:BodyTimeout"
        );
    }

    public static Task RateLimitedAsync(HttpContext context, string retryAfter)
    {
        context.Response.Headers.RetryAfter = retryAfter;
        return ProblemAsync(
            context,
            StatusCodes.Status429TooManyRequests,
            "Rate limit exceeded for this location.",
            "the limit is Intake:DeliveriesPerSecondPerLocation"
        );
    }

    public static Task UnavailableAsync(HttpContext context, string error)
    {
        context.Response.Headers.RetryAfter = ResponseHeaders.RetryAfter;
        return ProblemAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            "The notification was not stored. Retry the request.",
            error
        );
    }

    private static Task ProblemAsync(HttpContext context, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsJsonAsync(
            new ProblemDetails
            {
                Status = status,
                Title = title,
                Detail = detail,
            },
            options: null,
            contentType: "application/problem+json",
            context.RequestAborted
        );
    }
}
