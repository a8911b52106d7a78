using System.Collections.Frozen;
using System.Text.Json.Serialization.Metadata;
using NotificationHub.Events;
using NotificationHub.OperationTracking;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

/// <summary>The outcome of routing a notification.</summary>
internal sealed record RoutedNotification(
    IReadOnlyList<NewEvent> Events,
    IReadOnlyList<MergedRequest> Targets,
    Disposition Disposition,
    IReadOnlyList<string> Errors
)
{
    /// <summary>The progress of the operation that caused the notification; null if it names none.</summary>
    public OperationProgress? Progress { get; init; }

    public string? ErrorText => Errors.Count == 0 ? null : string.Join("; ", Errors);
}

// Pure: the same notification always has the same outcome.
internal sealed class NotificationRouter(IEnumerable<NotificationRoute> routes)
{
    private readonly FrozenDictionary<string, NotificationRoute> routes = routes.ToFrozenDictionary(
        route => route.Type,
        StringComparer.Ordinal
    );

    public RoutedNotification Route(NotificationEntry entry, RoutedLocation location) =>
        entry.Disposition switch
        {
            Disposition.Accepted when !IsForeign(entry, location) => RouteAccepted(entry, location),
            Disposition.Accepted or Disposition.Quarantined => Quarantine(entry, location),
            _ => new RoutedNotification([], [], entry.Disposition, []),
        };

    /// <summary>Routes the notification as if the intake had accepted it.</summary>
    public RoutedNotification RouteAccepted(NotificationEntry entry, RoutedLocation location) =>
        entry.NotificationType is { } type
        && routes.GetValueOrDefault(type) is { } route
        && route.ReadUsual(entry.Body) is { } description
            ? Accept(entry, location, route, description)
            : RouteThoroughly(entry, location);

    /// <summary>Finds all errors, and is several times slower.</summary>
    internal RoutedNotification RouteThoroughly(NotificationEntry entry, RoutedLocation location)
    {
        var errors = new RoutingErrors();
        using var document = NotificationBody.Parse(entry.Body, errors);
        if (document is null)
        {
            return Unrecognized(entry, location, errors);
        }

        var envelope = JsonMembers.ForRoot(document.RootElement, errors);
        var route = ReadEnvelope(envelope, errors);
        var description = route?.Read(envelope, errors);
        return route is null || description is null || errors.Any
            ? Unrecognized(entry, location, errors)
            : Accept(entry, location, route, description);
    }

    private static RoutedNotification Accept(
        NotificationEntry entry,
        RoutedLocation location,
        NotificationRoute route,
        NotificationDescription description
    ) =>
        new(
            [CreateNotified(entry, route.EventName, description)],
            location.Refetches ? GetTargets(entry, description) : [],
            Disposition.Accepted,
            []
        )
        {
            Progress = GetProgress(entry, description),
        };

    public static RoutedNotification Unrecognized(NotificationEntry entry, IReadOnlyList<string> errors)
    {
        var data = new NotificationUnrecognized
        {
            NotificationId = entry.NotificationId,
            NotificationType = entry.NotificationType,
            Seq = entry.Seq,
            Faults = errors,
        };
        var unrecognized = CreateHubEvent(
            entry,
            EventNames.NotificationUnrecognized,
            data,
            EventJsonContext.Wire.NotificationUnrecognized
        );
        return new RoutedNotification([unrecognized], [], Disposition.Unrecognized, errors);
    }

    // Still requests reads of the records that it names, because it may be the only notification of a change.
    private static RoutedNotification Unrecognized(
        NotificationEntry entry,
        RoutedLocation location,
        RoutingErrors errors
    )
    {
        var unrecognized = Unrecognized(entry, errors.Texts);
        if (!location.Refetches)
        {
            return unrecognized;
        }

        var named = new NotificationDescription { Targets = NamedRecords.Find(entry.NotificationType, entry.Body) };
        return unrecognized with { Targets = GetTargets(entry, named) };
    }

    // The intake quarantines these, too, but not before a receive-only location has its uId.
    private static bool IsForeign(NotificationEntry entry, RoutedLocation location) =>
        entry.UId is { Length: > 0 } && location.UId is not null && entry.UId != location.UId;

    private static RoutedNotification Quarantine(NotificationEntry entry, RoutedLocation location)
    {
        var data = new LocationUidMismatch
        {
            Seq = entry.Seq,
            ExpectedUId = location.UId,
            ActualUId = entry.UId,
        };
        var mismatch = CreateHubEvent(
            entry,
            EventNames.LocationUidMismatch,
            data,
            EventJsonContext.Wire.LocationUidMismatch
        );
        return new RoutedNotification([mismatch], [], Disposition.Quarantined, []);
    }

    private NotificationRoute? ReadEnvelope(JsonMembers envelope, RoutingErrors errors)
    {
        if (envelope.Text("notificationId") is not { Length: > 0 })
        {
            errors.Add("notificationId", NotificationRules.ExpectedText);
        }

        envelope.Id("uId");
        var type = envelope.Text("notificationType") ?? "";
        if (routes.GetValueOrDefault(type) is { } route)
        {
            return route;
        }

        errors.Add(
            "notificationType",
            $"expected one of {string.Join(", ", routes.Keys.Order(StringComparer.Ordinal))}"
        );
        return null;
    }

    private static NewEvent CreateNotified(NotificationEntry entry, string name, NotificationDescription description) =>
        new()
        {
            Type = name,
            LocationId = entry.LocationId,
            Subject = description.Subject,
            NotificationSeq = entry.Seq,
            Body = entry.Disposition == Disposition.Accepted ? entry.Body : null,
            Action = description.Action,
            Result = description.Result,
            AdamId = description.AdamId,
            CorrelationId = description.EventId,
            Conflict = entry.Conflict,
            Traceparent = entry.Traceparent,
            CreatedAt = entry.ReceivedAt,
        };

    private static NewEvent CreateHubEvent<T>(NotificationEntry entry, string name, T data, JsonTypeInfo<T> jsonType) =>
        NewEvent.Create(name, entry.LocationId, $"notifications/{entry.Seq}", data, jsonType, entry.ReceivedAt) with
        {
            Conflict = entry.Conflict,
            Traceparent = entry.Traceparent,
        };

    private static OperationProgress? GetProgress(NotificationEntry entry, NotificationDescription description)
    {
        var failed = description.Result == NotificationRules.Failure;
        return description.EventId is null
            ? null
            : new OperationProgress(
                entry.LocationId,
                description.EventId,
                entry.Seq,
                entry.ReceivedAt,
                description.Action,
                Succeeded: failed ? 0 : description.TaskCount,
                Failed: failed ? description.TaskCount : 0
            );
    }

    private static List<MergedRequest> GetTargets(NotificationEntry entry, NotificationDescription description) =>
        [
            .. description.Targets.Select(target => new MergedRequest(
                entry.LocationId,
                target.Kind,
                target.Key,
                target.Holder,
                description.EventId,
                entry.Traceparent,
                target.Expects
            )),
        ];
}
