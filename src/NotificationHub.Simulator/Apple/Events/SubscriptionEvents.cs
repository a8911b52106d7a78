using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Events;

internal static class SubscriptionEvents
{
    public static AppleEvent Associate(
        string eventId,
        IReadOnlyList<long> adamIds,
        IReadOnlyList<string> clientUserIds,
        bool renewing
    ) =>
        Event(
            eventId,
            "ASSOCIATE",
            adamIds,
            clientUserIds,
            (change, adamId, user) =>
                Outcome(adamId, user, renewing, change.AssociateSubscription(adamId, user, renewing))
        );

    /// <param name="deferred">Whether seats return, and notifications are sent, only at the end of the period.</param>
    public static AppleEvent Disassociate(
        string eventId,
        IReadOnlyList<long> adamIds,
        IReadOnlyList<string> clientUserIds,
        bool deferred
    ) =>
        Event(
            eventId,
            "DISASSOCIATE",
            adamIds,
            clientUserIds,
            (change, adamId, user) =>
            {
                var error = deferred
                    ? change.DeferDisassociation(adamId, user, eventId)
                    : change.DisassociateSubscription(adamId, user);
                return Outcome(adamId, user, renewing: false, error) with { IsDeferred = deferred && error is null };
            }
        );

    public static TaskOutcome Outcome(long adamId, string clientUserId, bool renewing, int? error) =>
        new(
            new JsonObject
            {
                ["adamId"] = adamId,
                ["clientUserId"] = clientUserId,
                ["renewing"] = renewing,
            },
            error,
            new TaskSubject(null, clientUserId, null)
        );

    private static AppleEvent Event(
        string eventId,
        string action,
        IReadOnlyList<long> adamIds,
        IReadOnlyList<string> clientUserIds,
        Func<RecordsChange, long, string, TaskOutcome> apply
    )
    {
        var tasks =
            from adamId in adamIds
            from user in clientUserIds
            select (EventTask)(change => apply(change, adamId, user));
        return new(
            eventId,
            NotificationTypes.SubscriptionManagement,
            action,
            "assignments",
            [.. tasks.Chunk(AppleEvent.MaxBatch)]
        );
    }
}
