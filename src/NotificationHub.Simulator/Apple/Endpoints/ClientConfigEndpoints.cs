using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Delivery;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class ClientConfigEndpoints
{
    private const string Path = "/client/config";

    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [AppleEndpoint.Get(Path, [], Describe), AppleEndpoint.Post(Path, PostAsync)];

    /// <summary>Stores the configuration after the new URL has answered a test notification.</summary>
    private static async Task<JsonObject> PostAsync(AppleRequest request, CancellationToken cancellationToken)
    {
        var (context, location) = (request.Context, request.Location);
        var wanted = ClientConfigRequest.Read(request.Body, location.Configuration, context.Options.NotificationTypes);
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
        var answer = Envelope.Create(request);
        answer["countryISO2ACode"] = location.Country;
        answer["defaultPlatform"] = "enterprisestore";
        answer["websiteURL"] = "https://business.apple.com";
        answer["locationName"] = location.LocationName;

        // Observed at Apple, but undocumented: clients must tolerate it.
        answer["apnToken"] = "";
        answer["subscribedNotificationTypes"] = new JsonArray([
            .. request.Context.Random.Shuffle(configuration.NotificationTypes).Select(type => JsonValue.Create(type)),
        ]);
        if (configuration is { NotificationUrl: { } url, NotificationAuthToken: { } secret })
        {
            answer["notificationUrl"] = url.OriginalString;
            answer["notificationAuthToken"] = secret;
        }

        return answer;
    }
}

/// <summary>Validates a Client Config POST. Absent members keep their stored values.</summary>
internal static class ClientConfigRequest
{
    public static ClientConfiguration Read(
        RequestBody body,
        ClientConfiguration stored,
        IReadOnlyList<string> allowedTypes
    )
    {
        body.Allow("mdmInfo", "notificationUrl", "notificationAuthToken", "notificationTypes");
        var (url, secret) = Destination(body, stored);
        return new(
            body.Object("mdmInfo") is { } mdmInfo ? ReadMdmInfo(mdmInfo) : stored.MdmInfo,
            url,
            secret,
            body.Texts("notificationTypes") is { } types ? CheckTypes(types, allowedTypes) : stored.NotificationTypes
        );
    }

    private static MdmInfo ReadMdmInfo(RequestBody body)
    {
        body.Allow("id", "name", "metadata");
        if (
            body.Text("id") is not { Length: > 0 } id
            || body.Text("name") is not { Length: > 0 } name
            || body.Text("metadata") is not { } metadata
        )
        {
            throw Reject(AppleErrors.MdmInfoIncomplete, "mdmInfo is incomplete");
        }

        return id.Length > AppleLimits.MdmIdLength ? throw Reject(AppleErrors.MdmIdTooLong, "mdmInfo.id is too long")
            : name.Length > AppleLimits.MdmNameLength
                ? throw Reject(AppleErrors.MdmNameTooLong, "mdmInfo.name is too long")
            : metadata.Length > AppleLimits.MdmMetadataLength
                ? throw Reject(AppleErrors.MdmMetadataTooLong, "mdmInfo.metadata is too long")
            : new MdmInfo(id, name, metadata);
    }

    private static (Uri? Url, string? Secret) Destination(RequestBody body, ClientConfiguration stored)
    {
        switch (body.Text("notificationUrl"), body.Text("notificationAuthToken"))
        {
            case (null, null):
                return (stored.NotificationUrl, stored.NotificationAuthToken);
            case ("", ""):
                return (null, null);
            case ({ Length: > 0 } url, { Length: > 0 } secret):
                if (Math.Max(url.Length, secret.Length) > AppleLimits.NotificationLength)
                {
                    throw Reject(AppleErrors.NotificationTooLong, "the notification URL or token is too long");
                }

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

    // Plain http is accepted for loopback, because a simulation has no certificates.
    private static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        && url is { Query: "", Fragment: "", UserInfo: "" }
            ? url
            : throw Reject(
                AppleErrors.NotificationUrlNotHttps,
                "the notification URL is not https with a host and a path only"
            );

    private static IReadOnlyList<string> CheckTypes(IReadOnlyList<string> types, IReadOnlyList<string> allowed) =>
        types.All(allowed.Contains) ? types : throw new AppleException(AppleErrors.InvalidArgument);

    private static bool IsToken68(char character) =>
        char.IsAsciiLetterOrDigit(character) || "-._~+/=".Contains(character, StringComparison.Ordinal);

    private static AppleException Reject(int errorNumber, string violation) =>
        AppleException.ForViolation(errorNumber, violation);
}
