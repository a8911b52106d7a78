using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Delivery;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class ClientConfigEndpoints
{
    private const string Path = "/client/config";

    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [AppleEndpoint.Get(Path, [], Describe), AppleEndpoint.Post(Path, PostAsync)];

    /// <summary>Stores the configuration only after the new URL answered the test that is posted meanwhile.</summary>
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

        // Seen at Apple, documented nowhere: a client has to tolerate it.
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
