using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>Members that all of Apple's responses contain.</summary>
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

    // Responses about subscriptions do not list mdmInfo.
    public static JsonObject WithoutMdmInfo(AppleRequest request) =>
        new()
        {
            ["uId"] = request.Location.UId,
            ["tokenExpirationDate"] = ContentToken.AppleDate(request.ContentToken.ExpiresAt),
        };

    /// <summary>Accepts an event for asynchronous processing and returns its ID.</summary>
    public static JsonObject CreateForEvent(AppleRequest request, Func<string, AppleEvent> create)
    {
        var eventId = request.Location.Accept(create);
        var answer = Create(request);
        answer["eventId"] = eventId;
        return answer;
    }
}
