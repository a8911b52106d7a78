using System.Collections.Immutable;

namespace NotificationHub.Simulator.Apple.State;

/// <summary>
/// One change of a location's records: everything done through it becomes visible at once, under one new version.
/// Its methods tell nobody; notifications are the business of an event.
/// </summary>
internal sealed partial class RecordsChange(LocationSnapshot before)
{
    private readonly long _version = before.Version + 1;
    private readonly ImmutableSortedDictionary<AssetKey, Versioned<SimulatedAsset>>.Builder _assets =
        before.Assets.ToBuilder();
    private readonly ImmutableSortedDictionary<AssignmentKey, Versioned<SimulatedAssignment>>.Builder _assignments =
        before.Assignments.ToBuilder();
    private readonly ImmutableSortedDictionary<UserKey, Versioned<SimulatedUser>>.Builder _users =
        before.Users.ToBuilder();
    private readonly ImmutableSortedDictionary<long, Versioned<SimulatedSubscription>>.Builder _subscriptions =
        before.Subscriptions.ToBuilder();
    private readonly ImmutableSortedDictionary<
        SubscriptionAssignmentKey,
        Versioned<SimulatedSubscriptionAssignment>
    >.Builder _subscriptionAssignments = before.SubscriptionAssignments.ToBuilder();
    private readonly ImmutableSortedSet<SimulatedSubscriptionAdmin>.Builder _subscriptionAdmins =
        before.SubscriptionAdmins.ToBuilder();

    public LocationSnapshot ToSnapshot() =>
        new(
            _assets.ToImmutable(),
            _assignments.ToImmutable(),
            _users.ToImmutable(),
            _subscriptions.ToImmutable(),
            _subscriptionAssignments.ToImmutable(),
            _subscriptionAdmins.ToImmutable(),
            _version
        );

    private Versioned<T> Now<T>(T value) => new(value, _version);
}
