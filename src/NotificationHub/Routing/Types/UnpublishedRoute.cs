namespace NotificationHub.Routing.Types;

/// <summary>
/// A type whose payload is empty, or not published by Apple. It accepts any object, or none; records that the payload names are read.
/// </summary>
internal sealed class UnpublishedRoute(string type, string eventName) : NotificationRoute(type, eventName)
{
    public override NotificationRefetchRequests Read(JsonMembers envelope, RoutingErrors faults)
    {
        envelope.OptionalObject("notification");
        return new NotificationRefetchRequests
        {
            Targets = envelope.Any("notification") is { } notification ? NamedRecords.Find(Type, notification) : [],
        };
    }
}
