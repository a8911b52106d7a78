using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Events;

/// <summary>A subscription for a user in a write request.</summary>
internal readonly record struct SeatRequest(long AdamId, string ClientUserId)
{
    public static IReadOnlyList<SeatRequest> All(IReadOnlyList<long> adamIds, IReadOnlyList<string> clientUserIds) =>
        [.. adamIds.SelectMany(_ => clientUserIds, (adamId, user) => new SeatRequest(adamId, user))];
}

internal static class SubscriptionEvents
{
    public static AppleEvent Associate(string eventId, IReadOnlyList<SeatRequest> seats, bool renewing) =>
        Create(
            eventId,
            "ASSOCIATE",
            seats.Select(seat =>
                Task(seat, renewing, change => change.AssociateSubscription(seat.AdamId, seat.ClientUserId, renewing))
            )
        );

    public static AppleEvent Disassociate(string eventId, IReadOnlyList<SeatRequest> seats) =>
        Create(
            eventId,
            "DISASSOCIATE",
            seats.Select(seat =>
                Task(seat, renewing: false, change => change.DisassociateSubscription(seat.AdamId, seat.ClientUserId))
            )
        );

    /// <summary>Seats return, and notifications are sent, only at the end of the billing period.</summary>
    /// <param name="defer">Schedules the end of a seat.</param>
    public static AppleEvent DisassociateLater(
        string eventId,
        IReadOnlyList<SeatRequest> seats,
        Action<SeatRequest> defer
    ) =>
        Create(
            eventId,
            "DISASSOCIATE",
            seats.Select(seat =>
                Task(
                    seat,
                    renewing: false,
                    change =>
                    {
                        var error = change.LetExpire(seat.AdamId, seat.ClientUserId);
                        if (error is null)
                        {
                            defer(seat);
                        }

                        return error;
                    }
                ) with
                {
                    IsDeferred = true,
                }
            )
        );

    /// <summary>The outcome of a deferred disassociation.</summary>
    public static TaskOutcome OutcomeOf(SeatRequest seat, int? error) =>
        new(Describe(seat, renewing: false), error, new TaskSubject(null, seat.ClientUserId, null));

    private static EventTask Task(SeatRequest seat, bool renewing, Func<RecordsChange, int?> apply) =>
        new(new TaskSubject(null, seat.ClientUserId, null), apply, _ => Describe(seat, renewing));

    private static JsonObject Describe(SeatRequest seat, bool renewing) =>
        new()
        {
            ["adamId"] = seat.AdamId,
            ["clientUserId"] = seat.ClientUserId,
            ["renewing"] = renewing,
        };

    private static AppleEvent Create(string eventId, string action, IEnumerable<EventTask> tasks) =>
        new(
            eventId,
            NotificationTypes.SubscriptionManagement,
            action,
            "assignments",
            [.. tasks.Chunk(AppleEvent.MaxBatch)]
        );
}
