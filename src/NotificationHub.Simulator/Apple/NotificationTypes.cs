namespace NotificationHub.Simulator.Apple;

internal static class NotificationTypes
{
    public const string Test = "TEST_NOTIFICATION";
    public const string AssetCount = "ASSET_COUNT";
    public const string AssetManagement = "ASSET_MANAGEMENT";
    public const string UserManagement = "USER_MANAGEMENT";
    public const string UserAssociated = "USER_ASSOCIATED";
    public const string SubscriptionCount = "SUBSCRIPTION_COUNT";
    public const string SubscriptionManagement = "SUBSCRIPTION_MANAGEMENT";
    public const string UnlimitedAsset = "UNLIMITED_ASSET";

    public static IReadOnlyList<string> All { get; } =
    [
        Test,
        AssetManagement,
        UserManagement,
        UserAssociated,
        AssetCount,
        SubscriptionManagement,
        SubscriptionCount,
        UnlimitedAsset,
    ];
}
