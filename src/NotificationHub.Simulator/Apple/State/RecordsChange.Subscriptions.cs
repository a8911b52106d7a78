namespace NotificationHub.Simulator.Apple.State;

internal sealed partial class RecordsChange
{
    public void PutSubscription(SimulatedSubscription subscription) =>
        _subscriptions[subscription.AdamId] = Now(subscription);

    public SimulatedSubscription? Subscription(long adamId) => _subscriptions.GetValueOrDefault(adamId)?.Value;

    public int? AssociateSubscription(long adamId, string clientUserId, bool renewing)
    {
        if (Subscription(adamId) is not { } subscription)
        {
            return AppleErrors.BadAdamId;
        }

        if (ActiveUser(clientUserId) is not { Status: SimulatedUser.Associated })
        {
            return AppleErrors.NoAssociatedUser;
        }

        var available = SubscriptionCounts.From(subscription).Available;
        if (
            !_subscriptionAssignments.ContainsKey(new(adamId, clientUserId))
            && (renewing ? available.Renewing : available.Renewing + available.Expiring) <= 0
        )
        {
            return AppleErrors.OverSubscriptionLimit;
        }

        Assign(new SimulatedSubscriptionAssignment(adamId, clientUserId, renewing));
        return null;
    }

    public int? DisassociateSubscription(long adamId, string clientUserId) =>
        Unassign(adamId, clientUserId) ? null : AppleErrors.UserLacksSubscription;

    /// <summary>Lets the assignment expire at the end of the billing period.</summary>
    public int? DeferDisassociation(long adamId, string clientUserId, string eventId)
    {
        if (_subscriptionAssignments.GetValueOrDefault(new(adamId, clientUserId)) is not { } row)
        {
            return AppleErrors.UserLacksSubscription;
        }

        Assign(row.Value with { Renewing = false, DeferredEventId = eventId });
        return null;
    }

    /// <summary>Removes expiring licenses and ends expiring assignments.</summary>
    /// <returns>The assignments that a deferred event ended.</returns>
    public IReadOnlyList<SimulatedSubscriptionAssignment> EndPeriod(long adamId)
    {
        var ended = _subscriptionAssignments
            .Values.Select(row => row.Value)
            .Where(assignment => assignment.AdamId == adamId && !assignment.Renewing)
            .ToList();
        foreach (var assignment in ended)
        {
            Unassign(adamId, assignment.ClientUserId);
        }

        PutSubscription(_subscriptions[adamId].Value with { TotalExpiring = 0 });
        return [.. ended.Where(assignment => assignment.DeferredEventId is not null)];
    }

    public void PutSubscriptionAdmin(SimulatedSubscriptionAdmin admin) => _subscriptionAdmins.Add(admin);

    public int? AddSubscriptionAdmin(SimulatedSubscriptionAdmin admin)
    {
        if (Subscription(admin.AdamId) is null)
        {
            return AppleErrors.BadAdamId;
        }

        if (ActiveUser(admin.ClientUserId) is not { Status: SimulatedUser.Associated })
        {
            return AppleErrors.NoAssociatedUser;
        }

        PutSubscriptionAdmin(admin);
        return null;
    }

    public int? RemoveSubscriptionAdmin(SimulatedSubscriptionAdmin admin) =>
        _subscriptionAdmins.Remove(admin) ? null : AppleErrors.UserLacksSubscription;

    private void Assign(SimulatedSubscriptionAssignment assignment)
    {
        Unassign(assignment.AdamId, assignment.ClientUserId);
        _subscriptionAssignments[new(assignment.AdamId, assignment.ClientUserId)] = Now(assignment);
        CountAssignment(assignment, +1);
    }

    private bool Unassign(long adamId, string clientUserId)
    {
        var key = new SubscriptionAssignmentKey(adamId, clientUserId);
        if (_subscriptionAssignments.GetValueOrDefault(key) is not { } row)
        {
            return false;
        }

        _subscriptionAssignments.Remove(key);
        CountAssignment(row.Value, -1);
        return true;
    }

    private void CountAssignment(SimulatedSubscriptionAssignment assignment, int delta)
    {
        var subscription = _subscriptions[assignment.AdamId].Value;
        PutSubscription(
            assignment.Renewing
                ? subscription with
                {
                    AssignedRenewing = subscription.AssignedRenewing + delta,
                }
                : subscription with
                {
                    AssignedExpiring = subscription.AssignedExpiring + delta,
                }
        );
    }
}
