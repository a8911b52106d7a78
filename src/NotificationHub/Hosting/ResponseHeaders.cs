namespace NotificationHub.Hosting;

/// <summary>
/// Adds headers to every response that forbid caching and content sniffing, because responses carry data, secrets or errors. Responses of
/// the intake are excluded: its 200 and 401 have no body, and it adds the headers to its errors itself.
/// </summary>
internal static class ResponseHeaders
{
    private const string Intake = "/notifications";

    public static void AddResponseHeaders(this HubBuilder hub) =>
        hub.Services.AddSingleton<IStartupFilter, BeforeRouting>();

    private static Task SetAsync(object response)
    {
        var headers = ((HttpResponse)response).Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        return Task.CompletedTask;
    }

    // Authorization responds before any middleware of the application runs, and an error page clears what was set before it.
    private sealed class BeforeRouting : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(following =>
                    context =>
                    {
                        if (!context.Request.Path.StartsWithSegments(Intake, StringComparison.OrdinalIgnoreCase))
                        {
                            context.Response.OnStarting(SetAsync, context.Response);
                        }

                        return following(context);
                    }
                );
                next(app);
            };
    }
}
