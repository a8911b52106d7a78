namespace NotificationHub.Events;

/// <summary>The values of Apple's <c>notificationType</c>. Apple: Subscribing to Notifications.</summary>
public static class NotificationTypes
{
    /// <summary>
    /// A test that Apple sends while Client Config is being set; <c>notification</c> is an empty object.
    /// </summary>
    public const string TestNotification = "TEST_NOTIFICATION";

    /// <summary>A purchase, transfer or refund: <see cref="AssetCountNotification"/>.</summary>
    public const string AssetCount = "ASSET_COUNT";

    /// <summary>Assets were associated, disassociated or revoked: <see cref="AssetManagementNotification"/>.</summary>
    public const string AssetManagement = "ASSET_MANAGEMENT";

    /// <summary>Users were created, updated or retired: <see cref="UserManagementNotification"/>.</summary>
    public const string UserManagement = "USER_MANAGEMENT";

    /// <summary>Users accepted their invitation: <see cref="UserAssociatedNotification"/>.</summary>
    public const string UserAssociated = "USER_ASSOCIATED";

    /// <summary>Seats were bought, expired or renewed: <see cref="SubscriptionCountNotification"/>.</summary>
    public const string SubscriptionCount = "SUBSCRIPTION_COUNT";

    /// <summary>
    /// Subscriptions were associated or disassociated: <see cref="SubscriptionManagementNotification"/>.
    /// </summary>
    public const string SubscriptionManagement = "SUBSCRIPTION_MANAGEMENT";

    /// <summary>A type that Apple accepts in Client Config but whose payload it does not publish.</summary>
    public const string UnlimitedAsset = "UNLIMITED_ASSET";
}
