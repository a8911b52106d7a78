using Microsoft.AspNetCore.Diagnostics;

namespace NotificationHub.Hosting;

// Adds headers to every response that forbid caching and content sniffing, because responses carry data, secrets or errors. Responses of
// the intake are excluded: its 200 and 401 have no body, and it adds the headers to its errors itself.
internal static class ResponseHeaders
{
    /// <summary>The value of <c>Retry-After</c>, of a 503, in seconds.</summary>
    public const string RetryAfter = "5";

    private const string Intake = "/notifications";

    // An error page clears the headers that were set before it, so they are set when the response starts.
    public static void AddResponseHeaders(this HubBuilder hub)
    {
        hub.Services.AddSingleton<IDeveloperPageExceptionFilter, NoErrorPage>();
        hub.Services.AddSingleton<IStartupFilter>(
            new BeforeRouting(next =>
                context =>
                {
                    if (!context.Request.Path.StartsWithSegments(Intake, StringComparison.OrdinalIgnoreCase))
                    {
                        context.Response.OnStarting(SetAsync, context.Response);
                    }

                    return next(context);
                }
            )
        );
    }

    private static Task SetAsync(object state)
    {
        var response = (HttpResponse)state;
        var headers = response.Headers;
        headers.CacheControl = response.HttpContext.GetEndpoint()?.Metadata.GetMetadata<ImmutableResponse>() is not null
            ? "public, max-age=31536000, immutable"
            : "no-store";
        headers.XContentTypeOptions = "nosniff";
        return Task.CompletedTask;
    }
}

/// <summary>Marks a route whose path contains a hash of its response, which browsers may cache.</summary>
internal sealed class ImmutableResponse
{
    public static readonly ImmutableResponse Mark = new();
}

// Routing runs the intake at once, and authorization responds before any middleware of the application runs.
/// <summary>Middleware that runs before routing.</summary>
internal sealed class BeforeRouting(Func<RequestDelegate, RequestDelegate> middleware) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
        app =>
        {
            app.Use(middleware);
            next(app);
        };
}

/// <summary>In Development, an unexpected error gets the same empty 500 as elsewhere: the framework's page is HTML and shows the request's headers.</summary>
internal sealed class NoErrorPage : IDeveloperPageExceptionFilter
{
    public Task HandleExceptionAsync(ErrorContext errorContext, Func<ErrorContext, Task> next) => Task.CompletedTask;
}
