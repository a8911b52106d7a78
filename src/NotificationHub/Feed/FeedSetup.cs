using NotificationHub.Auth;
using NotificationHub.Hosting;

namespace NotificationHub.Feed;

internal static class FeedSetup
{
    public static void AddFeed(this HubBuilder hub)
    {
        hub.AddOptions(FeedOptions.Section, new FeedOptionsValidator());
        hub.Services.AddSingleton<LongPolls>();
        hub.Services.AddSingleton<EventFeed>();
        hub.Services.AddSingleton<SnapshotFeed>();
    }

    public static void MapFeed(this WebApplication app)
    {
        if (app.Services.GetRequiredService<ApiAccessRules>().Feed == ApiAccess.None)
        {
            return;
        }

        var feed = app.MapGroup("").RequireAuthorization(HubPolicies.Consume).ServeOn(ListenerRoutes.Public);
        feed.MapEventFeed();
        feed.MapSnapshots();
    }
}
