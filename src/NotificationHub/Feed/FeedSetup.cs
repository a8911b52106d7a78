using NotificationHub.Auth;
using NotificationHub.Hosting;

namespace NotificationHub.Feed;

internal static class FeedSetup
{
    /// <summary>The consumer of a request without a key, in Development.</summary>
    private const string Anonymous = "";

    public static void AddFeed(this HubBuilder hub)
    {
        hub.AddOptions(ConsumerOptions.Section, new ConsumerOptionsValidator());
        hub.AddOptions(FeedOptions.Section, new FeedOptionsValidator());
        hub.Services.AddSingleton<LongPolls>();
        hub.Services.AddSingleton<ConsumerKeyVerifier>();
        hub.Services.AddRefusedCredentials();
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

        var feed = app.MapGroup("").ServeOn(ListenerRoutes.Public);
        var verifier = app.Services.GetRequiredService<ConsumerKeyVerifier>();
        var refused = app.Services.GetRequiredService<RefusedCredentials>();
        feed.AddEndpointFilter(
            async (context, next) =>
            {
                if (FindConsumer(verifier, context.HttpContext, access) is not { } consumer)
                {
                    return Refuse(context.HttpContext, access, refused);
                }

                context.HttpContext.MarkAuthenticated("consumer", consumer);
                context.HttpContext.Features.Set(new FeedConsumer(consumer));
                return await next(context);
            }
        );

        feed.MapEventFeed();
        feed.MapSnapshots();
    }

    private static string? FindConsumer(ConsumerKeyVerifier verifier, HttpContext context, FeedAccess access) =>
        verifier.FindName(context.Request.Headers.Authorization, context.Request.Headers[ApiKey.Header])
        ?? (access == FeedAccess.Open && LocalCaller.IsLocal(context) ? Anonymous : null);

    private static IResult Refuse(HttpContext context, FeedAccess access, RefusedCredentials refused)
    {
        refused.Note(RefusedCredentials.Consumers, context);
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return TypedResults.Problem(
            access == FeedAccess.Open
                ? "In Development, only requests from this machine to localhost need no key. Otherwise, present a consumer's key as Authorization: Bearer KEY."
                : "Present a consumer's key as Authorization: Bearer KEY or X-Api-Key: KEY.",
            statusCode: StatusCodes.Status401Unauthorized
        );
    }
}
