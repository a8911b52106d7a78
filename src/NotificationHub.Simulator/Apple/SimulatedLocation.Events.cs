using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Delivery;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple;

/// <remarks>Asynchronous writes. Each returns its event ID once the records have changed; notifications may follow later.</remarks>
internal sealed partial class SimulatedLocation
{
    public Task<string> AssociateAsync(
        IReadOnlyList<string> adamIds,
        IReadOnlyList<string>? serialNumbers = null,
        IReadOnlyList<string>? clientUserIds = null,
        string pricingParam = "STDQ"
    ) =>
        AcceptAndFinishAsync(id =>
            AssetEvents.Associate(id, Keys(adamIds, pricingParam), Targets(serialNumbers, clientUserIds))
        );

    public Task<string> DisassociateAsync(
        IReadOnlyList<string> adamIds,
        IReadOnlyList<string>? serialNumbers = null,
        IReadOnlyList<string>? clientUserIds = null,
        string pricingParam = "STDQ"
    ) =>
        AcceptAndFinishAsync(id =>
            AssetEvents.Disassociate(id, Keys(adamIds, pricingParam), Targets(serialNumbers, clientUserIds))
        );

    public Task<string> RevokeAsync(
        IReadOnlyList<string>? serialNumbers = null,
        IReadOnlyList<string>? clientUserIds = null
    ) => AcceptAndFinishAsync(id => AssetEvents.Revoke(id, Records.Current, Targets(serialNumbers, clientUserIds)));

    public Task<string> CreateUsersAsync(params IReadOnlyList<UserRequest> users) =>
        AcceptAndFinishAsync(id => UserEvents.Create(id, users, _context.Random));

    public Task<string> UpdateUsersAsync(params IReadOnlyList<UserRequest> users) =>
        AcceptAndFinishAsync(id => UserEvents.Update(id, users));

    public Task<string> RetireUsersAsync(params IReadOnlyList<string> clientUserIds) =>
        AcceptAndFinishAsync(id => UserEvents.Retire(id, [.. clientUserIds.Select(user => new UserRequest(user))]));

    public Task<string> AssociateSubscriptionsAsync(
        IReadOnlyList<long> adamIds,
        IReadOnlyList<string> clientUserIds,
        bool renewing = true
    ) =>
        AcceptAndFinishAsync(id => SubscriptionEvents.Associate(id, SeatRequest.All(adamIds, clientUserIds), renewing));

    public Task<string> DisassociateSubscriptionsAsync(
        IReadOnlyList<long> adamIds,
        IReadOnlyList<string> clientUserIds
    ) => AcceptAndFinishAsync(id => SubscriptionEvents.Disassociate(id, SeatRequest.All(adamIds, clientUserIds)));

    /// <summary>Returns the event ID at once: the event ends with the billing period.</summary>
    public string DisassociateSubscriptionsLater(IReadOnlyList<long> adamIds, IReadOnlyList<string> clientUserIds) =>
        Accept(id =>
            SubscriptionEvents.DisassociateLater(id, SeatRequest.All(adamIds, clientUserIds), seat => Defer(id, seat))
        );

    /// <summary>Event Status of an event; null if the ID is unknown.</summary>
    public JsonObject? EventStatus(string eventId) => _events.Find(eventId)?.Status();

    /// <summary>Sends any notification, even one that Apple does not document.</summary>
    public void Notify(string notificationType, JsonObject payload) => NotifyAll(notificationType, [payload]);

    internal string Accept(Func<string, AppleEvent> create, EventFault? fault = null) =>
        AcceptEvent(create, fault).EventId;

    /// <summary>Ends a seat under this event at the end of the billing period.</summary>
    internal void Defer(string eventId, SeatRequest seat)
    {
        lock (_lock)
        {
            _deferred.Add((eventId, seat));
        }
    }

    private async Task<string> AcceptAndFinishAsync(Func<string, AppleEvent> create)
    {
        var accepted = AcceptEvent(create, fault: null);
        await accepted.Finished;
        return accepted.EventId;
    }

    private AppleEvent AcceptEvent(Func<string, AppleEvent> create, EventFault? fault)
    {
        var accepted = create(_context.Random.Id());
        accepted.Accept(_context.Options.TimeProvider.GetUtcNow(), fault);
        _events.Accept(accepted);
        return accepted;
    }

    private async Task WorkAsync(AppleEvent accepted, CancellationToken cancellationToken)
    {
        var time = _context.Options.TimeProvider;
        if (accepted.AcceptedAt + _context.Options.EventDelay - time.GetUtcNow() is var wait && wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time, cancellationToken);
        }

        if (_context.Options.BatchDelay is var pause && pause > TimeSpan.Zero)
        {
            foreach (var payload in accepted.Run(Records))
            {
                NotifyAll(accepted.NotificationType, [payload]);
                await Task.Delay(pause, time, cancellationToken);
            }
        }
        else
        {
            NotifyAll(accepted.NotificationType, [.. accepted.Run(Records)]);
        }
    }

    private void NotifyAll(string notificationType, IReadOnlyList<JsonObject> payloads)
    {
        if (Configuration.NotificationTypes.Contains(notificationType))
        {
            _context.Delivery.Enqueue(
                [
                    .. payloads.Select(payload =>
                        OutgoingNotification.Create(_context.Random.Id(), notificationType, UId, payload)
                    ),
                ],
                Destination
            );
        }
    }

    private NotificationDestination? Destination() =>
        Configuration is { NotificationUrl: { } url, NotificationAuthToken: { } secret } ? new(url, secret) : null;

    private static IReadOnlyList<AssetKey> Keys(IReadOnlyList<string> adamIds, string pricingParam) =>
        [.. adamIds.Select(adamId => new AssetKey(adamId, pricingParam))];

    private static IReadOnlyList<AssignmentTarget> Targets(
        IReadOnlyList<string>? serialNumbers,
        IReadOnlyList<string>? clientUserIds
    ) =>
        [
            .. (serialNumbers ?? []).Select(AssignmentTarget.Device),
            .. (clientUserIds ?? []).Select(AssignmentTarget.User),
        ];
}
