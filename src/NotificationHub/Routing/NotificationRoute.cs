using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Refetch.Targets;
using NotificationHub.Routing.Types;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing;

/// <summary>The known notification types. A new type needs a class in <c>Types/</c>, a line here, and payloads for the tests.</summary>
internal static class NotificationRoutes
{
    public static IReadOnlyList<NotificationRoute> All { get; } =
    [
        new UnpublishedRoute(NotificationTypes.TestNotification, EventNames.NotificationTestReceived),
        new AssetCountRoute(),
        new AssetManagementRoute(),
        new UnpublishedRoute(NotificationTypes.UnlimitedAsset, EventNames.AssetUnlimitedNotified),
        new UserManagementRoute(),
        new UserAssociatedRoute(),
        new SubscriptionCountRoute(),
        new SubscriptionManagementRoute(),
    ];
}

/// <summary>How notifications of one type become events and refetch targets.</summary>
/// <param name="type">Apple's <c>notificationType</c>.</param>
/// <param name="eventName">The event that reports what Apple said.</param>
internal abstract class NotificationRoute(string type, string eventName)
{
    public string Type => type;

    public string EventName => eventName;

    /// <summary>Reads the envelope's <c>notification</c>. Ignore the result if an error was added.</summary>
    public abstract NotificationDescription Read(JsonMembers envelope, RoutingErrors errors);
}

/// <summary>A type with a payload that Apple documents.</summary>
internal abstract class NotificationRoute<TNotification>(
    string type,
    string eventName,
    IValidator<TNotification> validator
) : NotificationRoute(type, eventName)
{
    private const string Path = "notification";

    public sealed override NotificationDescription Read(JsonMembers envelope, RoutingErrors errors)
    {
        var notification = ReadMembers(envelope.Object(Path));
        foreach (var failure in validator.Validate(notification).Errors)
        {
            errors.Add($"{Path}.{ToAppleName(failure.PropertyName)}", failure.ErrorMessage);
        }

        return errors.Any ? new NotificationDescription() : Describe(notification);
    }

    /// <summary>Reads the members. Missing ones stay empty: the validator reports them.</summary>
    protected abstract TNotification ReadMembers(JsonMembers notification);

    /// <summary>Describes a valid notification.</summary>
    protected abstract NotificationDescription Describe(TNotification notification);

    // Assignments[0].AdamId → assignments[0].adamId
    private static string ToAppleName(string property) =>
        string.Join('.', property.Split('.').Select(part => char.ToLowerInvariant(part[0]) + part[1..]));
}

/// <summary>The members of a notification that consumers can filter by, and the records to read again.</summary>
internal sealed record NotificationDescription
{
    public string? Subject { get; init; }

    /// <summary>Apple's <c>type</c> within the notification, such as <c>ASSOCIATE</c>.</summary>
    public string? Action { get; init; }

    public string? Result { get; init; }

    /// <summary>The asset or subscription, if there is exactly one.</summary>
    public string? AdamId { get; init; }

    public string? EventId { get; init; }

    /// <summary>The number of the operation's tasks that the notification lists.</summary>
    public int TaskCount { get; init; }

    public IReadOnlyList<RefetchRequest> Targets { get; init; } = [];
}

/// <param name="Expects">What the notification says about the record; see <see cref="TargetExpectations"/>.</param>
internal readonly record struct RefetchRequest(
    RecordKind Kind,
    string Key,
    string? Holder = null,
    string? Expects = null
);
