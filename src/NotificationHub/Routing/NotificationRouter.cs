using System.Collections.Frozen;
using System.Text.Json.Serialization.Metadata;
using NotificationHub.Events;
using NotificationHub.OperationTracking;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

/// <summary>Decides what becomes of a notification. Pure: the same entry always becomes the same.</summary>
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

    /// <summary>Routes the notification whatever the intake thought of it.</summary>
    public RoutedNotification RouteAccepted(NotificationEntry entry, RoutedLocation location)
    {
        var faults = new RoutingErrors();
        using var document = NotificationBody.Parse(entry.Body, faults);
        if (document is null)
        {
            return Unrecognized(entry, location, faults);
        }

        var envelope = JsonMembers.Root(document.RootElement, faults);
        var route = ReadEnvelope(envelope, faults);
        var hints = route?.Read(envelope, faults);
        return route is null || hints is null || faults.Any
            ? Unrecognized(entry, location, faults)
            : new RoutedNotification(
                [Notified(entry, route.EventName, hints)],
                location.Refetches ? Targets(entry, hints) : [],
                Disposition.Accepted,
                []
            )
            {
                Heard = Heard(entry, hints),
            };
    }

    /// <summary>A notification that is kept for an operator to look at.</summary>
    public static RoutedNotification Unrecognized(NotificationEntry entry, IReadOnlyList<string> faults)
    {
        var data = new NotificationUnrecognized
        {
            NotificationId = entry.NotificationId,
            NotificationType = entry.NotificationType,
            Seq = entry.Seq,
            Faults = faults,
        };
        var told = OfHub(
            entry,
            EventNames.NotificationUnrecognized,
            data,
            EventJsonContext.Wire.NotificationUnrecognized
        );
        return new RoutedNotification([told], [], Disposition.Unrecognized, faults);
    }

    /// <summary>Still requests reads of the records that it names, because it may be the only notification of a change.</summary>
    private static RoutedNotification Unrecognized(
        NotificationEntry entry,
        RoutedLocation location,
        RoutingErrors faults
    )
    {
        var unrecognized = Unrecognized(entry, faults.Texts);
        if (!location.Refetches)
        {
            return unrecognized;
        }

        var named = new NotificationRefetchRequests { Targets = NamedRecords.Find(entry.NotificationType, entry.Body) };
        return unrecognized with { Targets = Targets(entry, named) };
    }

    // The intake quarantines these too, but cannot before a receive-only location is bound to its uId.
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
        var told = OfHub(entry, EventNames.LocationUidMismatch, data, EventJsonContext.Wire.LocationUidMismatch);
        return new RoutedNotification([told], [], Disposition.Quarantined, []);
    }

    private NotificationRoute? ReadEnvelope(JsonMembers envelope, RoutingErrors faults)
    {
        if (envelope.Text("notificationId") is not { Length: > 0 })
        {
            faults.Add("notificationId", NotificationRules.ExpectedText);
        }

        envelope.Id("uId");
        var type = envelope.Text("notificationType") ?? "";
        if (routes.GetValueOrDefault(type) is { } route)
        {
            return route;
        }

        faults.Add(
            "notificationType",
            $"expected one of {string.Join(", ", routes.Keys.Order(StringComparer.Ordinal))}"
        );
        return null;
    }

    private static NewEvent Notified(NotificationEntry entry, string name, NotificationRefetchRequests hints) =>
        new()
        {
            Type = name,
            LocationId = entry.LocationId,
            Subject = hints.Subject,
            NotificationSeq = entry.Seq,
            Action = hints.Action,
            Result = hints.Result,
            AdamId = hints.AdamId,
            CorrelationId = hints.EventId,
            Conflict = entry.Conflict,
            Traceparent = entry.Traceparent,
            CreatedAt = entry.ReceivedAt,
        };

    private static OperationProgress? Heard(NotificationEntry entry, NotificationRefetchRequests hints)
    {
        var failed = hints.Result == NotificationRules.Failure;
        return hints.EventId is null
            ? null
            : new OperationProgress(
                entry.LocationId,
                hints.EventId,
                entry.Seq,
                entry.ReceivedAt,
                hints.Action,
                Succeeded: failed ? 0 : hints.Tasks,
                Failed: failed ? hints.Tasks : 0
            );
    }

    private static NewEvent OfHub<T>(NotificationEntry entry, string name, T data, JsonTypeInfo<T> jsonType) =>
        NewEvent.Create(name, entry.LocationId, $"notifications/{entry.Seq}", data, jsonType, entry.ReceivedAt) with
        {
            Conflict = entry.Conflict,
            Traceparent = entry.Traceparent,
        };

    private static List<MergedRequest> Targets(NotificationEntry entry, NotificationRefetchRequests hints) =>
        [
            .. hints.Targets.Select(target => new MergedRequest(
                entry.LocationId,
                target.Kind,
                target.Key,
                target.Holder,
                hints.EventId,
                entry.Traceparent,
                target.Expects
            )),
        ];
}
