using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>Service Config: the one answer that needs no content token.</summary>
internal static class ServiceConfig
{
    public const string Path = "/service/config";

    public static void CheckMethod(string method)
    {
        if (method != "GET")
        {
            throw AppleException.ForViolation(AppleErrors.WrongMethod, "Service Config is only read");
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
