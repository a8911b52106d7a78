using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

/// <summary>One walk over Apple's records.</summary>
/// <param name="Kind">The kind of records that it returns.</param>
internal abstract record RefetchRead(RecordKind Kind)
{
    /// <summary>What the read shows completely: a record in here that it does not return is gone. Empty for an incremental read.</summary>
    public abstract IReadOnlyList<KeyRange> Scope { get; }

    /// <summary>Whether it shows everything under its target, and not one holder of many.</summary>
    public virtual bool IsWhole => Scope.Count > 0;

    /// <summary>Whether it may show that many records are gone which no notification names.</summary>
    public bool MayRemoveMany =>
        this is WholeRead
        || Scope.Count >= MassRemovals.LeastRecords
        || (!IsOfOneUser && Scope.Any(range => range.Below is not null));

    /// <summary>It asks for one user, or what that user has.</summary>
    public virtual bool IsOfOneUser => false;

    /// <summary>Reads all records of the kind.</summary>
    public static RefetchRead OfAll(RecordKind kind) =>
        kind == RecordKind.Asset ? new AssetsRead()
        : kind == RecordKind.Assignment ? new AllAssignmentsRead()
        : kind == RecordKind.User ? new UsersRead(SinceVersionId: null)
        : kind == RecordKind.Subscription ? new SubscriptionsRead()
        : new AllSubscriptionAssignmentsRead();

    /// <summary>A read of that one record only; null where there is none.</summary>
    public virtual RefetchRead? Narrow(string key) => null;
}

/// <summary>All records of a kind.</summary>
internal abstract record WholeRead(RecordKind Kind) : RefetchRead(Kind)
{
    /// <summary>What was asked for. The rest is taken in as it comes, and what of it is gone is left to those who look for it.</summary>
    public IReadOnlyList<KeyRange> Asked { get; init; } = [KeyRange.All];

    public sealed override IReadOnlyList<KeyRange> Scope => Asked;
}

/// <summary>All assets.</summary>
internal sealed record AssetsRead() : WholeRead(RecordKind.Asset)
{
    public override RefetchRead Narrow(string key)
    {
        var (adamId, pricingParam) = RecordKeys.ParseAsset(key);
        return new AssetRead(adamId, pricingParam);
    }
}

internal sealed record AssetRead(string AdamId, string PricingParam) : RefetchRead(RecordKind.Asset)
{
    public override IReadOnlyList<KeyRange> Scope => [new(RecordKeys.Asset(AdamId, PricingParam))];
}

/// <param name="Holder"><c>serial:S</c> or <c>user:U</c>; null for all.</param>
internal sealed record AssignmentsRead(string AdamId, string PricingParam, string? Holder = null)
    : RefetchRead(RecordKind.Assignment)
{
    private string Asset => RecordKeys.Asset(AdamId, PricingParam);

    public override IReadOnlyList<KeyRange> Scope =>
        [Holder is null ? KeyRange.Under(Asset) : new KeyRange(RecordKeys.Assignment(Asset, Holder))];

    public override bool IsWhole => Holder is null;

    public override bool IsOfOneUser => Holder is not null && RecordKeys.ParseHolder(Holder).ClientUserId is not null;

    public override RefetchRead? Narrow(string key) =>
        Holder is null ? this with { Holder = RecordKeys.ParseAssignment(key).Holder } : null;
}

/// <summary>What one device or user has of several assets, in one request.</summary>
/// <param name="Holder"><c>serial:S</c> or <c>user:U</c>.</param>
/// <param name="Assets">The keys of the assets that are asked for.</param>
internal sealed record HolderRead(string Holder, IReadOnlyList<string> Assets) : RefetchRead(RecordKind.Assignment)
{
    public override IReadOnlyList<KeyRange> Scope =>
        [.. Assets.Select(asset => new KeyRange(RecordKeys.Assignment(asset, Holder)))];

    public override bool IsWhole => false;

    public override bool IsOfOneUser => RecordKeys.ParseHolder(Holder).ClientUserId is not null;

    public override RefetchRead Narrow(string key)
    {
        var (adamId, pricingParam) = RecordKeys.ParseAsset(RecordKeys.ParseAssignment(key).Asset);
        return new AssignmentsRead(adamId, pricingParam, Holder);
    }

    public bool Equals(HolderRead? other) =>
        other is not null && Holder == other.Holder && Assets.SequenceEqual(other.Assets, StringComparer.Ordinal);

    public override int GetHashCode() => HashCode.Combine(Holder, Assets.Count);
}

/// <summary>The assignments of all assets.</summary>
internal sealed record AllAssignmentsRead() : WholeRead(RecordKind.Assignment)
{
    public override RefetchRead Narrow(string key)
    {
        var (asset, holder) = RecordKeys.ParseAssignment(key);
        var (adamId, pricingParam) = RecordKeys.ParseAsset(asset);
        return new AssignmentsRead(adamId, pricingParam, holder);
    }
}

internal sealed record UserRead(string ClientUserId) : RefetchRead(RecordKind.User)
{
    public override IReadOnlyList<KeyRange> Scope =>
        [new(RecordKeys.User(ClientUserId)), KeyRange.Under(RecordKeys.User(ClientUserId))];

    public override bool IsOfOneUser => true;
}

/// <param name="SinceVersionId">Only what changed since; null for all users.</param>
internal sealed record UsersRead(string? SinceVersionId) : RefetchRead(RecordKind.User)
{
    public override IReadOnlyList<KeyRange> Scope => SinceVersionId is null ? [KeyRange.All] : [];

    public override RefetchRead Narrow(string key) => new UserRead(UserKeys.Parse(RecordKeys.ActiveUser(key)));
}

/// <summary>All subscriptions.</summary>
internal sealed record SubscriptionsRead() : WholeRead(RecordKind.Subscription)
{
    public override RefetchRead Narrow(string key) => new SubscriptionRead(key);
}

internal sealed record SubscriptionRead(string AdamId) : RefetchRead(RecordKind.Subscription)
{
    public override IReadOnlyList<KeyRange> Scope => [new(AdamId)];
}

/// <param name="ClientUserId">Null for all users.</param>
internal sealed record SubscriptionAssignmentsRead(string AdamId, string? ClientUserId = null)
    : RefetchRead(RecordKind.SubscriptionAssignment)
{
    public override IReadOnlyList<KeyRange> Scope =>
        [
            ClientUserId is null
                ? KeyRange.Under(AdamId)
                : new KeyRange(RecordKeys.SubscriptionAssignment(AdamId, ClientUserId)),
        ];

    public override bool IsWhole => ClientUserId is null;

    public override bool IsOfOneUser => ClientUserId is not null;

    public override RefetchRead? Narrow(string key) =>
        ClientUserId is null
            ? this with
            {
                ClientUserId = RecordKeys.ParseSubscriptionAssignment(key).ClientUserId,
            }
            : null;
}

/// <summary>The seats of all subscriptions.</summary>
internal sealed record AllSubscriptionAssignmentsRead() : WholeRead(RecordKind.SubscriptionAssignment)
{
    public override RefetchRead Narrow(string key)
    {
        var (adamId, clientUserId) = RecordKeys.ParseSubscriptionAssignment(key);
        return new SubscriptionAssignmentsRead(adamId, clientUserId);
    }
}
