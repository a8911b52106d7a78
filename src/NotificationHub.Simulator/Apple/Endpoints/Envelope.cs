using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>The members that Apple's answers have in common.</summary>
internal static class Envelope
{
    public static JsonObject Create(AppleRequest request)
    {
        var answer = WithoutMdmInfo(request);
        if (request.Location.Configuration.MdmInfo is { } mdmInfo)
        {
            answer["mdmInfo"] = new JsonObject
            {
                ["id"] = mdmInfo.Id,
                ["name"] = mdmInfo.Name,
                ["metadata"] = mdmInfo.Metadata,
            };
        }

        return answer;
    }

    /// <summary>Answers about subscriptions do not list <c>mdmInfo</c>.</summary>
    public static JsonObject WithoutMdmInfo(AppleRequest request) =>
        new()
        {
            ["uId"] = request.Location.UId,
            ["tokenExpirationDate"] = ContentToken.AppleDate(request.ContentToken.ExpiresAt),
        };
}
