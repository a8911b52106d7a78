using Microsoft.AspNetCore.Mvc;

namespace NotificationHub.Intake;

/// <summary>The answers that are not 200. Apple reads the status only; the words are for whoever tries with curl.</summary>
internal static class IntakeResponses
{
    private const string RetryAfterFault = "5";
    private const int MaxCoding = 64;

    /// <summary>The same bytes whatever was wrong: a stranger learns nothing from it.</summary>
    public static Task UnauthorizedAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Task.CompletedTask;
    }

    public static Task RejectedAsync(HttpContext context, string fault) =>
        ProblemAsync(context, StatusCodes.Status400BadRequest, "The post is no notification.", fault);

    /// <summary>The body does not match its Content-Encoding and cannot be stored.</summary>
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
            "The body is too long.",
            $"the limit is {maxBytes} bytes, before and after decoding (Intake:MaxBodyBytes)"
        );

    public static Task TooSlowAsync(HttpContext context)
    {
        // The rest of the body may never arrive, and could not be distinguished from a next request on this connection.
        context.Response.Headers.Connection = "close";
        return ProblemAsync(
            context,
            StatusCodes.Status408RequestTimeout,
            "The body took too long.",
            "it must arrive within Intake:BodyTimeout"
        );
    }

    public static Task TooManyAsync(HttpContext context, string retryAfter)
    {
        context.Response.Headers.RetryAfter = retryAfter;
        return ProblemAsync(
            context,
            StatusCodes.Status429TooManyRequests,
            "The location posts more than its share.",
            "the share is Intake:DeliveriesPerSecondPerLocation"
        );
    }

    public static Task UnavailableAsync(HttpContext context, string fault)
    {
        context.Response.Headers.RetryAfter = RetryAfterFault;
        return ProblemAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            "The post was not kept; send it again.",
            fault
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
