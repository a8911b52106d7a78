namespace NotificationHub.Simulator.Apple.State;

/// <summary>An app or book that a location owns. Limited stock: total = assigned + available + retired.</summary>
/// <param name="Total"><see cref="Unlimited"/> for free assets without a fixed stock.</param>
internal sealed record SimulatedAsset(
    string AdamId,
    string PricingParam,
    int Total,
    string ProductType = "App",
    bool DeviceAssignable = true,
    bool Revocable = true,
    int Assigned = 0,
    int Retired = 0
)
{
    public const int Unlimited = int.MaxValue;

    public bool IsUnlimited => Total == Unlimited;

    public int Available => Total - Assigned - Retired;

    public AssetKey Key => new(AdamId, PricingParam);
}

/// <summary>An active assignment: exactly one of serial number and client user id is set.</summary>
internal sealed record SimulatedAssignment(
    string AdamId,
    string PricingParam,
    string? SerialNumber,
    string? ClientUserId
)
{
    public AssetKey Asset => new(AdamId, PricingParam);
}

/// <summary>A user record; one client user id has at most one active record and any number of retired ones.</summary>
/// <param name="Ordinal">Tells the records of one client user id apart, oldest first; Apple does not show it.</param>
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

/// <summary>A subscription's licences by licence state, and its assignments by assignment state.</summary>
internal sealed record SimulatedSubscription(
    long AdamId,
    long? ParentAdamId,
    int TotalRenewing,
    int TotalExpiring,
    string Status = "ACTIVE",
    DateOnly? PeriodEndDate = null,
    int AssignedRenewing = 0,
    int AssignedExpiring = 0
);

/// <param name="DeferredEventId">The event that takes this assignment back at the end of the billing period.</param>
internal sealed record SimulatedSubscriptionAssignment(
    long AdamId,
    string ClientUserId,
    bool Renewing,
    string? DeferredEventId = null
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

/// <summary>All records of a location at one moment, to compare with what a client believes.</summary>
internal sealed record SimulatedState(
    IReadOnlyList<SimulatedAsset> Assets,
    IReadOnlyList<SimulatedAssignment> Assignments,
    IReadOnlyList<SimulatedUser> Users,
    IReadOnlyList<SimulatedSubscription> Subscriptions,
    IReadOnlyList<SimulatedSubscriptionAssignment> SubscriptionAssignments
);
