using FluentValidation;

namespace NotificationHub.Routing;

/// <summary>How notifications of one type become events and refetch targets.</summary>
/// <param name="type">Apple's <c>notificationType</c>.</param>
/// <param name="eventName">The event that says what Apple said.</param>
internal abstract class NotificationRoute(string type, string eventName)
{
    public string Type => type;

    public string EventName => eventName;

    /// <summary>Reads the envelope's <c>notification</c>. The result counts only where no fault was added.</summary>
    public abstract NotificationRefetchRequests Read(JsonMembers envelope, RoutingErrors faults);
}

/// <summary>A type whose payload Apple publishes: it is read, its shape is judged, and it says what to read again.</summary>
internal abstract class NotificationRoute<TNotification>(
    string type,
    string eventName,
    IValidator<TNotification> validator
) : NotificationRoute(type, eventName)
{
    private const string Path = "notification";

    public sealed override NotificationRefetchRequests Read(JsonMembers envelope, RoutingErrors faults)
    {
        var notification = ReadMembers(envelope.Object(Path));
        foreach (var failure in validator.Validate(notification).Errors)
        {
            faults.Add($"{Path}.{AsAppleSpells(failure.PropertyName)}", failure.ErrorMessage);
        }

        return faults.Any ? new NotificationRefetchRequests() : Describe(notification);
    }

    /// <summary>Reads the members; what is absent is left empty for the validator to find.</summary>
    protected abstract TNotification ReadMembers(JsonMembers notification);

    /// <summary>Says what a notification that fits is about.</summary>
    protected abstract NotificationRefetchRequests Describe(TNotification notification);

    // Assignments[0].AdamId → assignments[0].adamId
    private static string AsAppleSpells(string property) =>
        string.Join('.', property.Split('.').Select(part => char.ToLowerInvariant(part[0]) + part[1..]));
}
