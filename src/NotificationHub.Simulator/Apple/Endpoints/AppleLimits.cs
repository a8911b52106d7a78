namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>The limits that Service Config publishes.</summary>
internal static class AppleLimits
{
    public const int Assets = 25;
    public const int ClientUserIds = 1000;
    public const int SerialNumbers = 1000;
    public const int RevokeClientUserIds = 100;
    public const int RevokeSerialNumbers = 100;
    public const int Users = 100;
    public const int Subscriptions = 25;
    public const int SubscriptionClientUserIds = 1000;
    public const int NotificationLength = 512;
    public const int MdmIdLength = 100;
    public const int MdmNameLength = 100;
    public const int MdmMetadataLength = 255;

    public static IReadOnlyDictionary<string, int> Published(SimulatedAppleOptions options) =>
        new Dictionary<string, int>
        {
            ["maxAssets"] = Assets,
            ["maxClientUserIds"] = ClientUserIds,
            ["maxSerialNumbers"] = SerialNumbers,
            ["maxRevokeClientUserIds"] = RevokeClientUserIds,
            ["maxRevokeSerialNumbers"] = RevokeSerialNumbers,
            ["maxUsers"] = Users,
            ["maxSubscriptions"] = Subscriptions,
            ["maxSubscriptionClientUserIds"] = SubscriptionClientUserIds,
            ["maxNotificationLength"] = NotificationLength,
            ["maxMdmIdLength"] = MdmIdLength,
            ["maxMdmNameLength"] = MdmNameLength,
            ["maxMdmMetadataLength"] = MdmMetadataLength,
            ["maxRequestPerSecond"] = options.RequestsPerSecond,
        };
}
