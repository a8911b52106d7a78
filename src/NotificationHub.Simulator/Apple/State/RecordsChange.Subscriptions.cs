namespace NotificationHub.Simulator.Apple.State;

internal sealed partial class RecordsChange
{
    public void PutSubscription(SimulatedSubscription subscription) =>
        _subscriptions[subscription.AdamId] = Now(subscription);

    public SimulatedSubscription? Subscription(long adamId) => _subscriptions.GetValueOrDefault(adamId)?.Value;

    /// <summary>Buys a subscription or changes its seats. Assignments for which there is no seat left end.</summary>
    public void SetSeats(long adamId, int renewing, int expiring)
    {
        PutSubscription(
            Subscription(adamId)! with
            {
                TotalRenewing = renewing,
                TotalExpiring = expiring,
                Status = renewing + expiring > 0 ? SimulatedSubscription.Active : SimulatedSubscription.Inactive,
            }
        );
        var excess = AssignmentsOf(adamId).OrderBy(assignment => assignment.Renewing).ToList();
        for (var index = 0; SubscriptionCounts.From(Subscription(adamId)!).Available.Renewing < 0; index++)
        {
            Unassign(adamId, excess[index].ClientUserId);
        }
    }

    /// <returns>The error of an association; null if the subscription and the user allow one.</returns>
    public int? CheckAssociation(long adamId, string clientUserId) =>
        Subscription(adamId) is null ? AppleErrors.BadAdamId
        : ActiveUser(clientUserId) is not { Status: SimulatedUser.Associated } ? AppleErrors.NoAssociatedUser
        : null;

    /// <returns>The error of a disassociation; null if the user has a seat of its own.</returns>
    public int? CheckDisassociation(long adamId, string clientUserId) =>
        Subscription(adamId) is null ? AppleErrors.BadAdamId
        : SeatOf(adamId, clientUserId) is not { } seat ? AppleErrors.UserLacksSubscription
        : seat.ThroughGroup ? AppleErrors.AssignedThroughGroup
        : null;

    public int? AssociateSubscription(long adamId, string clientUserId, bool renewing, bool throughGroup = false)
    {
        if (CheckAssociation(adamId, clientUserId) is { } error)
        {
            return error;
        }

        var before = SeatOf(adamId, clientUserId);
        Unassign(adamId, clientUserId);
        var available = SubscriptionCounts.From(Subscription(adamId)!).Available;
        if ((renewing ? available.Renewing : available.Renewing + available.Expiring) > 0)
        {
            Assign(new SimulatedSubscriptionAssignment(adamId, clientUserId, renewing, throughGroup));
            return null;
        }

        if (before is not null)
        {
            Assign(before);
        }

        return AppleErrors.OverSubscriptionLimit;
    }

    public int? DisassociateSubscription(long adamId, string clientUserId)
    {
        var error = CheckDisassociation(adamId, clientUserId);
        if (error is null)
        {
            Unassign(adamId, clientUserId);
        }

        return error;
    }

    /// <summary>Lets the assignment expire at the end of the billing period.</summary>
    public int? LetExpire(long adamId, string clientUserId)
    {
        var error = CheckDisassociation(adamId, clientUserId);
        if (error is null)
        {
            Assign(SeatOf(adamId, clientUserId)! with { Renewing = false });
        }

        return error;
    }

    /// <summary>Ends expiring assignments and expiring licenses; the others renew.</summary>
    public void EndPeriod(long adamId, DateOnly? nextEnd)
    {
        foreach (var expiring in AssignmentsOf(adamId).Where(assignment => !assignment.Renewing).ToList())
        {
            Unassign(adamId, expiring.ClientUserId);
        }

        SetSeats(adamId, Subscription(adamId)!.TotalRenewing, expiring: 0);
        PutSubscription(Subscription(adamId)! with { PeriodEndDate = nextEnd ?? Subscription(adamId)!.PeriodEndDate });
    }

    public SimulatedSubscriptionAssignment? SeatOf(long adamId, string clientUserId) =>
        _subscriptionAssignments.GetValueOrDefault(new(adamId, clientUserId))?.Value;

    private IEnumerable<SimulatedSubscriptionAssignment> AssignmentsOf(long adamId) =>
        _subscriptionAssignments.Values.Select(row => row.Value).Where(assignment => assignment.AdamId == adamId);

    public void PutSubscriptionAdmin(SimulatedSubscriptionAdmin admin) => _subscriptionAdmins.Add(admin);

    public int? AddSubscriptionAdmin(SimulatedSubscriptionAdmin admin)
    {
        var error = CheckAssociation(admin.AdamId, admin.ClientUserId);
        if (error is null)
        {
            PutSubscriptionAdmin(admin);
        }

        return error;
    }

    public int? RemoveSubscriptionAdmin(SimulatedSubscriptionAdmin admin) =>
        _subscriptionAdmins.Remove(admin) ? null : AppleErrors.UserLacksSubscription;

    private void Assign(SimulatedSubscriptionAssignment assignment)
    {
        Unassign(assignment.AdamId, assignment.ClientUserId);
        _subscriptionAssignments[new(assignment.AdamId, assignment.ClientUserId)] = Now(assignment);
        CountAssignment(assignment, +1);
    }

    private void Unassign(long adamId, string clientUserId)
    {
        if (SeatOf(adamId, clientUserId) is { } seat)
        {
            _subscriptionAssignments.Remove(new SubscriptionAssignmentKey(adamId, clientUserId));
            CountAssignment(seat, -1);
        }
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
