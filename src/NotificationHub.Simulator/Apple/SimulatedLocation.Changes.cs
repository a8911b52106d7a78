using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple;

/// <remarks>Changes without a request; Apple's notifications about them have no event ID.</remarks>
internal sealed partial class SimulatedLocation
{
    /// <summary>A purchase or transfer (positive) or a refund (negative): ASSET_COUNT.</summary>
    public void ChangeAssetCount(string adamId, int delta, string pricingParam = "STDQ")
    {
        Silently(change => change.ChangeTotal(new AssetKey(adamId, pricingParam), delta));
        Notify(
            NotificationTypes.AssetCount,
            new JsonObject
            {
                ["adamId"] = adamId,
                ["pricingParam"] = pricingParam,
                ["countDelta"] = delta,
            }
        );
    }

    /// <summary>Users accept their invitations: USER_ASSOCIATED.</summary>
    public void AcceptInvitations(params IReadOnlyList<string> clientUserIds)
    {
        foreach (var batch in clientUserIds.Chunk(AppleEvent.MaxBatch))
        {
            var associated = Records.Change(change =>
                batch
                    .Where(user => change.AcceptInvitation(user) is null)
                    .Select(user => UserEvents.Describe(change.ActiveUser(user)!))
                    .ToArray<JsonNode>()
            );
            Notify(
                NotificationTypes.UserAssociated,
                new JsonObject { ["associatedUsers"] = new JsonArray(associated) }
            );
        }
    }

    /// <summary>Seats are bought, expire or renew: SUBSCRIPTION_COUNT.</summary>
    public void SetSubscriptionSeats(long adamId, int renewing, int expiring)
    {
        Silently(change => change.SetSeats(adamId, renewing, expiring));
        NotifySubscriptionCount(adamId);
    }

    /// <summary>
    /// The billing period ends: expiring seats disappear, and deferred disassociations are executed and reported under
    /// their original event ID.
    /// </summary>
    public void EndBillingPeriod(long adamId)
    {
        List<(string EventId, SeatRequest Seat)> due;
        lock (_lock)
        {
            due = _deferred.FindAll(deferred => deferred.Seat.AdamId == adamId);
            _deferred.RemoveAll(deferred => deferred.Seat.AdamId == adamId);
        }

        Silently(change => change.EndPeriod(adamId, EndOfPeriod()));
        foreach (var group in due.GroupBy(deferred => deferred.EventId, deferred => deferred.Seat))
        {
            var payloads = group
                .Select(OutcomeOf)
                .Chunk(AppleEvent.MaxBatch)
                .SelectMany(batch => _events.Find(group.Key)!.Settle(batch));
            NotifyAll(NotificationTypes.SubscriptionManagement, [.. payloads]);
        }

        NotifySubscriptionCount(adamId);

        // A seat that was assigned again in the meantime stays.
        TaskOutcome OutcomeOf(SeatRequest seat) =>
            SubscriptionEvents.OutcomeOf(
                seat,
                Records.Current.SubscriptionAssignments.ContainsKey(new(seat.AdamId, seat.ClientUserId))
                    ? AppleErrors.BadSubscriptionAssociation
                    : null
            );
    }

    internal void EndBillingPeriods()
    {
        foreach (
            var subscription in ExportState()
                .Subscriptions.Where(subscription => subscription.TotalRenewing + subscription.TotalExpiring > 0)
        )
        {
            EndBillingPeriod(subscription.AdamId);
        }
    }

    private DateOnly? EndOfPeriod() =>
        _context.Options.BillingPeriod is { } period
            ? DateOnly.FromDateTime((_context.Options.TimeProvider.GetUtcNow() + period).UtcDateTime)
            : null;

    private void NotifySubscriptionCount(long adamId)
    {
        var subscription = Records.Current.Subscriptions[adamId].Value;
        var counts = SubscriptionCounts.From(subscription);
        Notify(
            NotificationTypes.SubscriptionCount,
            new JsonObject
            {
                ["parentAdamId"] = subscription.ParentAdamId,
                ["adamId"] = adamId,
                ["counts"] = new JsonObject
                {
                    ["available"] = counts.Available.ToJson(),
                    ["total"] = counts.Total.ToJson(),
                },
            }
        );
    }
}

internal sealed partial class SimulatedLocation
{
    /// <summary>Changes records without a notification.</summary>
    public void Silently(Action<RecordsChange> change) =>
        Records.Change(changing =>
        {
            change(changing);
            return true;
        });

    public void AddAsset(
        string adamId,
        string pricingParam = "STDQ",
        int total = 100,
        string productType = "App",
        bool deviceAssignable = true,
        bool revocable = true
    ) =>
        Silently(change => change.PutAsset(new(adamId, pricingParam, total, productType, deviceAssignable, revocable)));

    /// <summary>Adds an active user: associated if there is a Managed Apple Account, else registered and invited.</summary>
    public void AddUser(string clientUserId, string? email = null, string? managedAppleId = null) =>
        Silently(change => change.CreateUser(clientUserId, email, managedAppleId, NewInviteCode()));

    public void AddSubscription(long adamId, int renewing, int expiring = 0, long? parentAdamId = null) =>
        Silently(change =>
            change.PutSubscription(new(adamId, parentAdamId, renewing, expiring, PeriodEndDate: EndOfPeriod()))
        );

    /// <summary>Assigns a seat through a group, so that it cannot be taken back alone.</summary>
    public void AddSubscriptionThroughGroup(long adamId, string clientUserId) =>
        Silently(change => change.AssociateSubscription(adamId, clientUserId, renewing: true, throughGroup: true));

    public void AddSubscriptionAdmin(long adamId, string clientUserId) =>
        Silently(change => change.PutSubscriptionAdmin(new(adamId, clientUserId)));

    /// <summary>The current records, even if reads lag behind.</summary>
    public SimulatedState ExportState() => Records.Current.Export();

    /// <summary>Lets reads return the current records until <see cref="ThawReads"/>.</summary>
    public void FreezeReads() => Records.FreezeReads();

    public void ThawReads() => Records.ThawReads();

    private string NewInviteCode() => Convert.ToHexStringLower(_context.Random.Bytes(16));
}
