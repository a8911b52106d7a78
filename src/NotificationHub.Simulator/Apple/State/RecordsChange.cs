using System.Collections.Immutable;

namespace NotificationHub.Simulator.Apple.State;

/// <summary>
/// One change of a location's records. It becomes visible as a whole, under one new version, and causes no
/// notification: events do that.
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
    private readonly ImmutableHashSet<string>.Builder _accounts = before.AssociatedAccounts.ToBuilder();
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
            _accounts.ToImmutable(),
            _subscriptions.ToImmutable(),
            _subscriptionAssignments.ToImmutable(),
            _subscriptionAdmins.ToImmutable(),
            _version
        );

    private Versioned<T> Now<T>(T value) => new(value, _version);
}

internal sealed partial class RecordsChange
{
    public void PutAsset(SimulatedAsset asset) => _assets[asset.Key] = Now(asset);

    /// <summary>Transfers an asset away, together with its assignments.</summary>
    public void RemoveAsset(AssetKey key)
    {
        _assignments.RemoveRange([.. _assignments.Keys.Where(assignment => assignment.Asset == key)]);
        _assets.Remove(key);
    }

    /// <summary>Buys (positive) or returns (negative) licenses. Only available ones can be returned.</summary>
    public void ChangeTotal(AssetKey key, int delta)
    {
        var asset = _assets[key].Value;
        ArgumentOutOfRangeException.ThrowIfLessThan((long)asset.Available + delta, 0, nameof(delta));
        PutAsset(asset with { Total = checked(asset.Total + delta) });
    }

    /// <summary>Associates one target. An existing association is kept, and counts as success.</summary>
    /// <returns>Apple's error number, or null for success.</returns>
    public int? Associate(AssetKey key, AssignmentTarget target)
    {
        if (!target.IsDevice && ActiveUser(target.Id) is null)
        {
            return AppleErrors.UserNotFound;
        }

        // An asset without a license at this location is not distinguished from a fully assigned one.
        if (!_assets.TryGetValue(key, out var row))
        {
            return AppleErrors.NotEnoughAssets;
        }

        var assignment = new AssignmentKey(key, target);
        if (_assignments.ContainsKey(assignment))
        {
            return null;
        }

        if (row.Value.Available <= 0)
        {
            return AppleErrors.NotEnoughAssets;
        }

        _assignments[assignment] = Now(
            new SimulatedAssignment(
                key.AdamId,
                key.PricingParam,
                target.IsDevice ? target.Id : null,
                target.IsDevice ? null : target.Id
            )
        );
        PutAsset(row.Value with { Assigned = row.Value.Assigned + 1 });
        return null;
    }

    /// <summary>Ends one assignment. A missing assignment counts as success.</summary>
    public int? Disassociate(AssetKey key, AssignmentTarget target)
    {
        if (_assets.TryGetValue(key, out var row) && _assignments.Remove(new AssignmentKey(key, target)))
        {
            PutAsset(row.Value with { Assigned = row.Value.Assigned - 1 });
        }

        return null;
    }

    /// <summary>All assets of the target, revocable or not.</summary>
    public IReadOnlyList<AssetKey> HeldBy(AssignmentTarget target) =>
        [.. _assets.Keys.Where(key => _assignments.ContainsKey(new AssignmentKey(key, target)))];

    public SimulatedAsset? Asset(AssetKey key) => _assets.GetValueOrDefault(key)?.Value;
}
