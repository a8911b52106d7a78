namespace NotificationHub.Apple;

/// <summary>The identities that a request asked for. A response with another record belongs to another request.</summary>
internal sealed class RowFilter(QueryString? query)
{
    private readonly string? adamId = query?.Find("adamId");
    private readonly string? pricingParam = query?.Find("pricingParam");
    private readonly string? serialNumber = query?.Find("serialNumber");
    private readonly string? clientUserId = query?.Find("clientUserId");

    public bool Matches(Asset asset) => IsOf(asset.AdamId) && IsPriced(asset.PricingParam);

    public bool Matches(Assignment one) =>
        IsOf(one.AdamId) && IsPriced(one.PricingParam) && IsOnDevice(one.SerialNumber) && IsOfUser(one.ClientUserId);

    public bool Matches(User user) => IsOfUser(user.ClientUserId);

    public bool Matches(Subscription subscription) => IsOf(subscription.AdamId);

    public bool Matches(SubscriptionAssignment one) => IsOf(one.AdamId) && IsOfUser(one.ClientUserId);

    public bool Matches(SubscriptionAdmin admin) => IsOf(admin.AdamId);

    private bool IsOf(string? id) => adamId is null || id == adamId;

    private bool IsPriced(string? pricing) =>
        pricingParam is null || (pricing ?? AssetKey.DefaultPricing) == pricingParam;

    private bool IsOnDevice(string? serial) =>
        serialNumber is null || string.Equals(serial, serialNumber, StringComparison.OrdinalIgnoreCase);

    private bool IsOfUser(string? user) => clientUserId is null || user == clientUserId;
}
