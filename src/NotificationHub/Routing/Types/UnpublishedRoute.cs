namespace NotificationHub.Routing.Types;

/// <summary>A type with a payload that is empty or that Apple does not document. Records that it names are read.</summary>
internal sealed class UnpublishedRoute(string type, string eventName) : NotificationRoute(type, eventName)
{
    public override NotificationDescription Read(JsonMembers envelope, RoutingErrors errors)
    {
        envelope.OptionalObject("notification");
        return new NotificationDescription
        {
            Targets = envelope.Any("notification") is { } notification ? NamedRecords.Find(Type, notification) : [],
        };
    }
}
