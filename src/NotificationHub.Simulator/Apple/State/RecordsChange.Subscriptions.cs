namespace NotificationHub.Simulator.Apple.State;

internal sealed partial class RecordsChange
{
    public void PutSubscription(SimulatedSubscription subscription) =>
        _subscriptions[subscription.AdamId] = Now(subscription);

    public void RemoveSubscription(long adamId) => _subscriptions.Remove(adamId);

    public SimulatedSubscription? Subscription(long adamId) => _subscriptions.GetValueOrDefault(adamId)?.Value;

    public SubscriptionCounts CountsOf(long adamId) =>
        SubscriptionCounts.Of(_subscriptions[adamId].Value, _subscriptionAssignments.Values.Select(row => row.Value));

    public int? AssociateSubscription(long adamId, string clientUserId, bool renewing)
    {
        if (!_subscriptions.ContainsKey(adamId))
        {
            return AppleErrors.BadAdamId;
        }

        if (ActiveUser(clientUserId) is not { Status: SimulatedUser.Associated })
        {
            return AppleErrors.NoAssociatedUser;
        }

        var key = new SubscriptionAssignmentKey(adamId, clientUserId);
        var available = CountsOf(adamId).Available;
        if (
            !_subscriptionAssignments.ContainsKey(key)
            && (renewing ? available.Renewing : available.Renewing + available.Expiring) <= 0
        )
        {
            return AppleErrors.OverSubscriptionLimit;
        }

        _subscriptionAssignments[key] = Now(new SimulatedSubscriptionAssignment(adamId, clientUserId, renewing));
        return null;
    }

    public int? DisassociateSubscription(long adamId, string clientUserId) =>
        _subscriptionAssignments.Remove(new SubscriptionAssignmentKey(adamId, clientUserId))
            ? null
            : AppleErrors.UserLacksSubscription;

    /// <summary>Marks the assignment to end with the billing period: it expires, and stays until then.</summary>
    public int? DeferDisassociation(long adamId, string clientUserId, string eventId)
    {
        var key = new SubscriptionAssignmentKey(adamId, clientUserId);
        if (!_subscriptionAssignments.TryGetValue(key, out var row))
        {
            return AppleErrors.UserLacksSubscription;
        }

        _subscriptionAssignments[key] = Now(row.Value with { Renewing = false, DeferredEventId = eventId });
        return null;
    }

    /// <summary>Expiring licences disappear and expiring assignments end.</summary>
    /// <returns>The assignments that a deferred event has been waiting to take back.</returns>
    public IReadOnlyList<SimulatedSubscriptionAssignment> EndPeriod(long adamId)
    {
        var ended = _subscriptionAssignments
            .Values.Select(row => row.Value)
            .Where(assignment => assignment.AdamId == adamId && !assignment.Renewing)
            .ToList();
        foreach (var assignment in ended)
        {
            _subscriptionAssignments.Remove(new SubscriptionAssignmentKey(adamId, assignment.ClientUserId));
        }

        PutSubscription(_subscriptions[adamId].Value with { TotalExpiring = 0 });
        return [.. ended.Where(assignment => assignment.DeferredEventId is not null)];
    }
}
