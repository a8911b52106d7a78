namespace NotificationHub.Publishing.Feed;

internal static partial class FeedSetup
{
    public static void AddFeed(this HubBuilder hub)
    {
        hub.AddOptions(ConsumerOptions.Section, new ConsumerOptionsValidator());
        hub.Services.AddSingleton<ConsumerKeyVerifier>();
        hub.Services.AddSingleton<EventFeed>();
        hub.Services.AddSingleton<SnapshotFeed>();
    }

    /// <summary>Open in Development, behind a consumer's key elsewhere, and not there at all while there is no key.</summary>
    public static void MapFeed(this WebApplication app)
    {
        var feed = app.MapGroup("");
        if (!app.Environment.IsDevelopment())
        {
            var verifier = app.Services.GetRequiredService<ConsumerKeyVerifier>();
            if (!verifier.HasKeys)
            {
                Log.NotServed(app.Logger);
                return;
            }

            feed.AddEndpointFilter(
                async (context, next) =>
                    IsAccepted(verifier, context.HttpContext) ? await next(context) : Refuse(context.HttpContext)
            );
        }

        feed.MapEventFeed();
        feed.MapSnapshots();
    }

    private static bool IsAccepted(ConsumerKeyVerifier verifier, HttpContext context) =>
        verifier.IsAccepted(context.Request.Headers.Authorization, context.Request.Headers["X-Api-Key"]);

    private static IResult Refuse(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return TypedResults.Problem(
            "Present a consumer's key as Authorization: Bearer KEY or X-Api-Key: KEY.",
            statusCode: StatusCodes.Status401Unauthorized
        );
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "/events and /snapshot are not served: there is no key in Consumers:ApiKeys."
        )]
        public static partial void NotServed(ILogger logger);
    }
}
