using System.Net;

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
        var verifier = app.Services.GetRequiredService<ConsumerKeyVerifier>();
        feed.AddEndpointFilter(
            async (context, next) =>
                IsAccepted(verifier, context.HttpContext)
                || (access == FeedAccess.Open && IsByAddress(context.HttpContext.Request.Host.Host))
                    ? await next(context)
                    : Refuse(context.HttpContext, access)
        );

        feed.MapEventFeed();
        feed.MapSnapshots();
    }

    private static bool IsAccepted(ConsumerKeyVerifier verifier, HttpContext context) =>
        verifier.IsAccepted(context.Request.Headers.Authorization, context.Request.Headers["X-Api-Key"]);

    // A page of another site can have its own name lead here, and then read what it asks for; an address it cannot.
    private static bool IsByAddress(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out _);

    private static IResult Refuse(HttpContext context, FeedAccess access)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return TypedResults.Problem(
            access == FeedAccess.Open
                ? "In Development nobody needs a key who asks by localhost or by an IP address. By another name, present a consumer's key as Authorization: Bearer KEY."
                : "Present a consumer's key as Authorization: Bearer KEY or X-Api-Key: KEY.",
            statusCode: StatusCodes.Status401Unauthorized
        );
    }
}
