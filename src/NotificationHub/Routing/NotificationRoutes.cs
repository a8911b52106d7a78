using NotificationHub.Events;
using NotificationHub.Routing.Types;

namespace NotificationHub.Routing;

/// <summary>The types of notifications that the hub knows. A new one is a class in <c>Types/</c>, a line here and payloads for the tests.</summary>
internal static class NotificationRoutes
{
    public static IReadOnlyList<NotificationRoute> All { get; } =
    [
        new UnpublishedRoute(NotificationTypes.TestNotification, EventNames.NotificationTestReceived),
        new AssetCountRoute(),
        new AssetManagementRoute(),
        new UnpublishedRoute(NotificationTypes.UnlimitedAsset, EventNames.AssetUnlimitedNotified),
        new UserManagementRoute(),
        new UserAssociatedRoute(),
        new SubscriptionCountRoute(),
        new SubscriptionManagementRoute(),
    ];
}
