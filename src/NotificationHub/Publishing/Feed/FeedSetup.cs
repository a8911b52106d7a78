namespace NotificationHub.Publishing.Feed;

internal static class FeedSetup
{
    public static void AddFeed(this HubBuilder hub)
    {
        hub.AddOptions(ConsumerOptions.Section, new ConsumerOptionsValidator());
        hub.Services.AddSingleton<ConsumerKeyVerifier>();
        hub.Services.AddSingleton<EventFeed>();
        hub.Services.AddSingleton<SnapshotFeed>();
    }

    public static FeedAccess AccessToFeed(this WebApplication app) =>
        app.Environment.IsDevelopment() ? FeedAccess.Open
        : app.Services.GetRequiredService<ConsumerKeyVerifier>().HasKeys ? FeedAccess.WithKey
        : FeedAccess.None;

    public static void MapFeed(this WebApplication app)
    {
        var access = app.AccessToFeed();
        if (access == FeedAccess.None)
        {
            return;
        }

        var feed = app.MapGroup("");
        if (access == FeedAccess.WithKey)
        {
            var verifier = app.Services.GetRequiredService<ConsumerKeyVerifier>();
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
}
