using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple;

internal sealed partial class SimulatedLocation
{
    /// <summary>Changes records as another console would, without a notification to anybody.</summary>
    public void Silently(Action<RecordsChange> change) =>
        Records.Change(changing =>
        {
            change(changing);
            return true;
        });

    public void AddAsset(
        string adamId,
        string pricingParam = "STDQ",
        int total = 100,
        string productType = "App",
        bool deviceAssignable = true,
        bool revocable = true
    ) =>
        Silently(change => change.PutAsset(new(adamId, pricingParam, total, productType, deviceAssignable, revocable)));

    /// <summary>Adds an active user: associated where there is a Managed Apple Account, else registered and invited.</summary>
    public void AddUser(string clientUserId, string? email = null, string? managedAppleId = null) =>
        Silently(change => change.CreateUser(clientUserId, email, managedAppleId, NewInviteCode()));

    public void AddSubscription(long adamId, int renewing, int expiring = 0, long? parentAdamId = null) =>
        Silently(change => change.PutSubscription(new(adamId, parentAdamId, renewing, expiring)));

    public void AddSubscriptionAdmin(long adamId, string clientUserId) =>
        Silently(change => change.PutSubscriptionAdmin(new(adamId, clientUserId)));

    /// <summary>All records as they are, whatever lagging reads still show.</summary>
    public SimulatedState ExportState() => Records.Current.Export();

    /// <summary>From now on reads show the present state, until <see cref="ThawReads"/>.</summary>
    public void FreezeReads() => Records.FreezeReads();

    public void ThawReads() => Records.ThawReads();

    private string NewInviteCode() => Convert.ToHexStringLower(_context.Random.Bytes(16));
}
