using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>Service Config, the only endpoint that requires no content token.</summary>
internal static class ServiceConfig
{
    public const string Path = "/service/config";

    public static void CheckMethod(string method)
    {
        if (method != "GET")
        {
            throw AppleException.ForViolation(AppleErrors.WrongMethod, "Service Config is read-only");
        }
    }

    public static JsonObject Answer(SimulatedAppleOptions options, Uri baseUrl) =>
        new()
        {
            ["errorCodes"] = new JsonArray([.. AppleErrors.Messages.Keys.Select(number => AppleErrors.Body(number))]),
            ["limits"] = new JsonObject(
                AppleLimits.Published(options).Select(limit => KeyValuePair.Create(limit.Key, (JsonNode?)limit.Value))
            ),
            ["notificationTypes"] = new JsonArray([
                .. options.NotificationTypes.Select(type => JsonValue.Create(type)),
            ]),
            ["urls"] = Urls(baseUrl.ToString()),
        };

    private static JsonObject Urls(string root) =>
        new()
        {
            ["invitationEmail"] = $"{root}/invitation?inviteCode=%25inviteCode%25&mt=8",
            ["clientConfig"] = $"{root}/client/config",
            ["createUsers"] = $"{root}/users/create",
            ["updateUsers"] = $"{root}/users/update",
            ["retireUsers"] = $"{root}/users/retire",
            ["getUsers"] = $"{root}/users",
            ["getAssets"] = $"{root}/assets",
            ["getAssignments"] = $"{root}/assignments",
            ["associateAssets"] = $"{root}/assets/associate",
            ["disassociateAssets"] = $"{root}/assets/disassociate",
            ["revokeAssets"] = $"{root}/assets/revoke",
            ["eventStatus"] = $"{root}/status",
            ["contentMetadataLookup"] = $"{root}/lookup",
        };
}

/// <summary>The limits that Service Config lists.</summary>
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
