namespace NotificationHub.Routing.Types;

/// <summary>A type whose payload is empty or not published by Apple: any object will do, and none as well.</summary>
internal sealed class UnpublishedRoute(string type, string eventName) : NotificationRoute(type, eventName)
{
    public override NotificationHints Read(JsonMembers envelope, RoutingFaults faults)
    {
        envelope.OptionalObject("notification");
        return new NotificationHints();
    }
}
