using System.Text.Json;
using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Delivery;

/// <summary>A notification as it is posted: the same bytes at every attempt and in every copy.</summary>
internal sealed record OutgoingNotification(string Id, string Type, string LocationUId, byte[] Body)
{
    public static OutgoingNotification Create(string id, string type, string locationUId, JsonObject payload)
    {
        var envelope = new JsonObject
        {
            ["notificationId"] = id,
            ["notificationType"] = type,
            ["notification"] = payload,
            ["uId"] = locationUId,
        };
        return new(id, type, locationUId, JsonSerializer.SerializeToUtf8Bytes(envelope));
    }
}
