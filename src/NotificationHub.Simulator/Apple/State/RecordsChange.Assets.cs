namespace NotificationHub.Simulator.Apple.State;

internal sealed partial class RecordsChange
{
    public void PutAsset(SimulatedAsset asset) => _assets[asset.Key] = Now(asset);

    /// <summary>Transfers an asset away; whatever is assigned of it goes with it.</summary>
    public void RemoveAsset(AssetKey key)
    {
        _assignments.RemoveRange([.. _assignments.Keys.Where(assignment => assignment.Asset == key)]);
        _assets.Remove(key);
    }

    /// <summary>Buys (positive) or gives back (negative) licences.</summary>
    public void ChangeTotal(AssetKey key, int delta)
    {
        var asset = _assets[key].Value;
        PutAsset(asset with { Total = checked(asset.Total + delta) });
    }

    /// <summary>Associates one target; an association that exists already stays as it is and succeeds.</summary>
    /// <returns>Apple's error number, or null for success.</returns>
    public int? Associate(AssetKey key, AssignmentTarget target)
    {
        if (!target.IsDevice && ActiveUser(target.Id) is null)
        {
            return AppleErrors.UserNotFound;
        }

        if (!_assets.TryGetValue(key, out var row))
        {
            return AppleErrors.InvalidArgument;
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

    /// <summary>Takes one assignment back; one that does not exist succeeds too.</summary>
    public int? Disassociate(AssetKey key, AssignmentTarget target)
    {
        if (!_assets.TryGetValue(key, out var row))
        {
            return AppleErrors.InvalidArgument;
        }

        if (_assignments.Remove(new AssignmentKey(key, target)))
        {
            PutAsset(row.Value with { Assigned = row.Value.Assigned - 1 });
        }

        return null;
    }

    /// <summary>Everything the target holds, revocable or not.</summary>
    public IReadOnlyList<AssetKey> HeldBy(AssignmentTarget target) =>
        [.. _assets.Keys.Where(key => _assignments.ContainsKey(new AssignmentKey(key, target)))];

    public SimulatedAsset? Asset(AssetKey key) => _assets.GetValueOrDefault(key)?.Value;
}
