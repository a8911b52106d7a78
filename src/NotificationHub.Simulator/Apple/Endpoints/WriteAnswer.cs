using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class WriteAnswer
{
    /// <summary>EventResponse: the event was accepted, and nothing has happened yet.</summary>
    public static JsonObject Accepted(AppleRequest request, Func<string, AppleEvent> create)
    {
        var eventId = request.Location.Accept(create);
        var answer = Envelope.Create(request);
        answer["eventId"] = eventId;
        return answer;
    }

    /// <summary>Refuses a list that is longer than allowed or names an item twice.</summary>
    public static void Check<T>(IReadOnlyList<T> items, int limit, int tooMany, int duplicate)
    {
        if (items.Count > limit)
        {
            throw AppleException.ForViolation(tooMany, $"{items.Count} items where {limit} are allowed");
        }

        if (items.Distinct().Count() < items.Count)
        {
            throw AppleException.ForViolation(duplicate, "an item is named twice");
        }
    }
}
