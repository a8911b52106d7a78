using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.State;

// Limited stock: total = assigned + available + retired.
/// <param name="Total"><see cref="Unlimited"/> for free assets without a fixed stock.</param>
/// <param name="Name">For metadata; null: product type and ID.</param>
internal sealed record SimulatedAsset(
    string AdamId,
    string PricingParam,
    int Total,
    string ProductType = "App",
    bool DeviceAssignable = true,
    bool Revocable = true,
    int Assigned = 0,
    int Retired = 0,
    string? Name = null
)
{
    public const int Unlimited = int.MaxValue;

    public bool IsUnlimited => Total == Unlimited;

    public int Available => Total - Assigned - Retired;

    public AssetKey Key => new(AdamId, PricingParam);
}

/// <summary>An active assignment with either a serial number or a client user ID.</summary>
internal sealed record SimulatedAssignment(
    string AdamId,
    string PricingParam,
    string? SerialNumber,
    string? ClientUserId
)
{
    public AssetKey Asset => new(AdamId, PricingParam);
}

/// <summary>A user record. A client user ID has at most one active record and any number of retired ones.</summary>
/// <param name="Ordinal">Distinguishes the records of one client user ID, oldest first; not visible at Apple.</param>
internal sealed record SimulatedUser(
    string ClientUserId,
    string? Email,
    string? IdHash,
    string? InviteCode,
    string Status,
    int Ordinal = 0
)
{
    public const string Registered = "Registered";
    public const string Associated = "Associated";
    public const string Retired = "Retired";

    public bool IsActive => Status is Registered or Associated;
}

/// <summary>A subscription with licenses by license state and assignments by assignment state.</summary>
internal sealed record SimulatedSubscription(
    long AdamId,
    long? ParentAdamId,
    int TotalRenewing,
    int TotalExpiring,
    string Status = SimulatedSubscription.Active,
    DateOnly? PeriodEndDate = null,
    int AssignedRenewing = 0,
    int AssignedExpiring = 0
)
{
    public const string Active = "ACTIVE";
    public const string Inactive = "INACTIVE";
}

/// <param name="ThroughGroup">Whether a group gives the seat to the user, so that it cannot be taken back alone.</param>
internal sealed record SimulatedSubscriptionAssignment(
    long AdamId,
    string ClientUserId,
    bool Renewing,
    bool ThroughGroup = false
);

/// <summary>A user who may assign a subscription's seats.</summary>
internal sealed record SimulatedSubscriptionAdmin(long AdamId, string ClientUserId)
{
    public static IComparer<SimulatedSubscriptionAdmin> Order { get; } =
        Comparer<SimulatedSubscriptionAdmin>.Create(
            (left, right) =>
                left.AdamId.CompareTo(right.AdamId) is var byAdamId and not 0
                    ? byAdamId
                    : string.CompareOrdinal(left.ClientUserId, right.ClientUserId)
        );
}

/// <summary>All records of a location at one moment, to compare with a client's copy.</summary>
internal sealed record SimulatedState(
    IReadOnlyList<SimulatedAsset> Assets,
    IReadOnlyList<SimulatedAssignment> Assignments,
    IReadOnlyList<SimulatedUser> Users,
    IReadOnlyList<SimulatedSubscription> Subscriptions,
    IReadOnlyList<SimulatedSubscriptionAssignment> SubscriptionAssignments
);

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

/// <summary>The holder of an assignment: a device by serial number, or a user by client user ID.</summary>
internal readonly record struct AssignmentTarget(bool IsDevice, string Id)
{
    public static AssignmentTarget Device(string serialNumber) => new(true, serialNumber);

    public static AssignmentTarget User(string clientUserId) => new(false, clientUserId);
}

internal readonly record struct AssignmentKey(AssetKey Asset, AssignmentTarget Target)
{
    // Page order: as at Apple, a new assignment may sort before rows that were already read.
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

internal readonly record struct SeatCount(int Renewing, int Expiring)
{
    public JsonObject ToJson() => new() { ["renewing"] = Renewing, ["expiring"] = Expiring };
}

/// <summary>
/// Apple's three counts. Assigned counts by assignment state, total and available by license state, so only the
/// sums agree: assigned + available = total.
/// </summary>
internal readonly record struct SubscriptionCounts(SeatCount Assigned, SeatCount Available, SeatCount Total)
{
    public static SubscriptionCounts From(SimulatedSubscription subscription)
    {
        var (renewing, expiring) = (subscription.AssignedRenewing, subscription.AssignedExpiring);

        // An expiring assignment uses an expiring license while there is one, and then a renewing one.
        var expiringOnRenewing = Math.Max(0, expiring - subscription.TotalExpiring);
        return new(
            new(renewing, expiring),
            new(
                subscription.TotalRenewing - renewing - expiringOnRenewing,
                Math.Max(0, subscription.TotalExpiring - expiring)
            ),
            new(subscription.TotalRenewing, subscription.TotalExpiring)
        );
    }
}
