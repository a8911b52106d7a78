using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Delivery;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class ClientConfigEndpoints
{
    public const string Path = "/client/config";

    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [
        AppleEndpoint.Get(Path, [], Describe),
        new("POST", Path, [], ["mdmInfo", "notificationUrl", "notificationAuthToken", "notificationTypes"], PostAsync),
    ];

    /// <summary>Stores the configuration after the new URL has answered a test notification.</summary>
    private static async Task<JsonObject> PostAsync(AppleRequest request, CancellationToken cancellationToken)
    {
        var (context, location) = (request.Context, request.Location);
        var wanted = new ClientConfigRequest(context).Read(request.Body, location.Configuration);
        if (
            wanted is { NotificationUrl: { } url, NotificationAuthToken: { } secret, NotificationTypes.Count: > 0 }
            && (request.Body.Text("notificationUrl") ?? request.Body.Text("notificationAuthToken")) is not null
        )
        {
            var test = OutgoingNotification.Create(context.Random.Id(), NotificationTypes.Test, location.UId, []);
            if (!await context.Delivery.TestAsync(test, new(url, secret), cancellationToken))
            {
                throw new AppleException(AppleErrors.NotificationUrlUnreachable);
            }
        }

        location.Configuration = wanted;
        return Describe(request);
    }

    private static JsonObject Describe(AppleRequest request)
    {
        var location = request.Location;
        var configuration = location.Configuration;
        var response = Envelope.Create(request);
        response["countryISO2ACode"] = location.Country;
        response["defaultPlatform"] = "enterprisestore";
        response["websiteURL"] = "https://business.apple.com";
        response["locationName"] = location.LocationName;

        // Observed at Apple, but undocumented: clients must tolerate it.
        response["apnToken"] = "";
        response["subscribedNotificationTypes"] = new JsonArray([
            .. request.Context.Random.Shuffle(configuration.NotificationTypes).Select(type => JsonValue.Create(type)),
        ]);
        if (configuration is { NotificationUrl: { } url, NotificationAuthToken: { } secret })
        {
            response["notificationUrl"] = url.OriginalString;
            response["notificationAuthToken"] = secret;
        }

        return response;
    }
}

/// <summary>Validates a Client Config POST. Absent members keep their stored values.</summary>
internal sealed class ClientConfigRequest(SimulationContext context)
{
    public ClientConfiguration Read(RequestBody body, ClientConfiguration stored)
    {
        var (url, secret) = Destination(body, stored);
        return new(
            body.Object("mdmInfo") is { } mdmInfo ? ReadMdmInfo(mdmInfo) : stored.MdmInfo,
            url,
            secret,
            body.Texts("notificationTypes") is { } types ? CheckTypes(types) : stored.NotificationTypes
        );
    }

    private MdmInfo ReadMdmInfo(RequestBody body)
    {
        body.Allow("id", "name", "metadata");
        return
            body.Text("id") is { Length: > 0 } id
            && body.Text("name") is { Length: > 0 } name
            && body.Text("metadata") is { } metadata
            ? new MdmInfo(
                Short("mdmInfo.id", id, AppleLimits.MdmIdLength, AppleErrors.MdmIdTooLong),
                Short("mdmInfo.name", name, AppleLimits.MdmNameLength, AppleErrors.MdmNameTooLong),
                Short("mdmInfo.metadata", metadata, AppleLimits.MdmMetadataLength, AppleErrors.MdmMetadataTooLong)
            )
            : throw Reject(AppleErrors.MdmInfoIncomplete, "mdmInfo is incomplete");
    }

    private string Short(string name, string value, string limit, int errorNumber) =>
        value.Length > context.Limits[limit] ? throw Reject(errorNumber, $"{name} is longer than {limit}") : value;

    private (Uri? Url, string? Secret) Destination(RequestBody body, ClientConfiguration stored)
    {
        switch (body.Text("notificationUrl"), body.Text("notificationAuthToken"))
        {
            case (null, null):
                return (stored.NotificationUrl, stored.NotificationAuthToken);
            case ("", ""):
                return (null, null);
            case ({ Length: > 0 } url, { Length: > 0 } secret):
                Short("notificationUrl", url, AppleLimits.NotificationLength, AppleErrors.NotificationTooLong);
                Short("notificationAuthToken", secret, AppleLimits.NotificationLength, AppleErrors.NotificationTooLong);
                if (!secret.All(IsToken68))
                {
                    throw Reject(
                        AppleErrors.InvalidArgument,
                        "the notification token has characters that RFC 6750 forbids"
                    );
                }

                return (ParseUrl(url), secret);
            default:
                throw Reject(AppleErrors.NotificationPairMissing, "notification URL and token must be given together");
        }
    }

    // Plain http is accepted for loopback and for containers, because a simulation has no certificates.
    private Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (
            url.Scheme == Uri.UriSchemeHttps
            || (url.Scheme == Uri.UriSchemeHttp && (url.IsLoopback || context.Options.AnyAddress))
        )
        && url is { Query: "", Fragment: "", UserInfo: "" }
            ? url
            : throw Reject(
                AppleErrors.NotificationUrlNotHttps,
                "the notification URL is not https with a host and a path only"
            );

    private IReadOnlyList<string> CheckTypes(IReadOnlyList<string> types) =>
        types.All(context.Options.NotificationTypes.Contains)
            ? types
            : throw new AppleException(AppleErrors.InvalidArgument);

    private static bool IsToken68(char character) =>
        char.IsAsciiLetterOrDigit(character) || "-._~+/=".Contains(character, StringComparison.Ordinal);

    private static AppleException Reject(int errorNumber, string violation) =>
        AppleException.ForViolation(errorNumber, violation);
}

/// <summary>Service Config, the only endpoint of the API that requires no content token.</summary>
internal static class ServiceConfig
{
    public const string Path = "/service/config";

    public static JsonObject Respond(SimulationContext context, Uri baseUrl) =>
        new()
        {
            ["errorCodes"] = new JsonArray([.. AppleErrors.All.Keys.Select(number => AppleErrors.Body(number))]),
            ["limits"] = new JsonObject(
                context.Limits.All.Select(limit => KeyValuePair.Create(limit.Key, (JsonNode?)limit.Value))
            ),
            ["notificationTypes"] = new JsonArray([
                .. context.Options.NotificationTypes.Select(type => JsonValue.Create(type)),
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
