namespace NotificationHub.Simulator.Apple.State;

internal readonly record struct AssetKey(string AdamId, string PricingParam)
{
    public static IComparer<AssetKey> Order { get; } =
        Comparer<AssetKey>.Create(
            (left, right) =>
                string.CompareOrdinal(left.AdamId, right.AdamId) is var byAdamId and not 0
                    ? byAdamId
                    : string.CompareOrdinal(left.PricingParam, right.PricingParam)
        );
}

/// <summary>Whom an asset is assigned to: a device by serial number, or a user by client user id.</summary>
internal readonly record struct AssignmentTarget(bool IsDevice, string Id)
{
    public static AssignmentTarget Device(string serialNumber) => new(true, serialNumber);

    public static AssignmentTarget User(string clientUserId) => new(false, clientUserId);
}

internal readonly record struct AssignmentKey(AssetKey Asset, AssignmentTarget Target)
{
    /// <summary>The order of pages: a new assignment may sort before rows that were read already, as it may at Apple.</summary>
    public static IComparer<AssignmentKey> Order { get; } =
        Comparer<AssignmentKey>.Create(
            (left, right) =>
            {
                if (AssetKey.Order.Compare(left.Asset, right.Asset) is var byAsset and not 0)
                {
                    return byAsset;
                }

                return left.Target.IsDevice.CompareTo(right.Target.IsDevice) is var byKind and not 0
                    ? byKind
                    : string.CompareOrdinal(left.Target.Id, right.Target.Id);
            }
        );
}

internal readonly record struct UserKey(string ClientUserId, int Ordinal)
{
    public static IComparer<UserKey> Order { get; } =
        Comparer<UserKey>.Create(
            (left, right) =>
                string.CompareOrdinal(left.ClientUserId, right.ClientUserId) is var byId and not 0
                    ? byId
                    : left.Ordinal.CompareTo(right.Ordinal)
        );
}

internal readonly record struct SubscriptionAssignmentKey(long AdamId, string ClientUserId)
{
    public static IComparer<SubscriptionAssignmentKey> Order { get; } =
        Comparer<SubscriptionAssignmentKey>.Create(
            (left, right) =>
                left.AdamId.CompareTo(right.AdamId) is var byAdamId and not 0
                    ? byAdamId
                    : string.CompareOrdinal(left.ClientUserId, right.ClientUserId)
        );
}
