using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

internal abstract record RefetchRead(RecordKind Kind)
{
    /// <summary>The keys that the read covers completely; empty for an incremental read.</summary>
    // A record in the scope that the read does not return is gone.
    public abstract IReadOnlyList<KeyRange> Scope { get; }

    /// <summary>Whether the read covers its targets completely, not only one holder of many.</summary>
    public virtual bool IsWhole => Scope.Count > 0;

    public virtual bool IsOfOneRecord => false;

    public virtual bool IsOfOneUser => false;

    /// <summary>Whether the read could remove many records that no notification names.</summary>
    public bool MayRemoveMany =>
        this is FullRead
        || Scope.Count >= MassRemovals.LeastRecords
        || (!IsOfOneUser && Scope.Any(range => range.Below is not null));

    public static RefetchRead CreateFull(RecordKind kind) =>
        kind == RecordKind.User ? new UsersRead(SinceVersionId: null) : new FullRead(kind);

    /// <summary>A read of one record; null if this is one already.</summary>
    public RefetchRead? Narrow(string key)
    {
        if (IsOfOneRecord)
        {
            return null;
        }

        if (Kind == RecordKind.Assignment)
        {
            var (asset, holder) = RecordKeys.ParseAssignment(key);
            return new AssignmentsRead(asset, holder);
        }

        if (Kind == RecordKind.SubscriptionAssignment)
        {
            var (adamId, clientUserId) = RecordKeys.ParseSubscriptionAssignment(key);
            return new SubscriptionAssignmentsRead(adamId, clientUserId);
        }

        return Kind == RecordKind.Asset ? new AssetRead(key)
            : Kind == RecordKind.Subscription ? new SubscriptionRead(key)
            : new UserRead(UserKeys.Parse(RecordKeys.ActiveUser(key)));
    }
}

internal sealed record FullRead(RecordKind Kind) : RefetchRead(Kind)
{
    // A refetch removes only records that its targets cover; a full sync removes the others.
    public override IReadOnlyList<KeyRange> Scope => Requested;

    public IReadOnlyList<KeyRange> Requested { get; init; } = [KeyRange.All];
}

/// <param name="SinceVersionId">The version after which changes are returned; null for all users.</param>
internal sealed record UsersRead(string? SinceVersionId) : RefetchRead(RecordKind.User)
{
    public override IReadOnlyList<KeyRange> Scope => SinceVersionId is null ? [KeyRange.All] : [];
}

internal sealed record UserRead(string ClientUserId) : RefetchRead(RecordKind.User)
{
    public override IReadOnlyList<KeyRange> Scope =>
        [new(RecordKeys.User(ClientUserId)), KeyRange.Under(RecordKeys.User(ClientUserId))];

    public override bool IsOfOneRecord => true;

    public override bool IsOfOneUser => true;
}

internal sealed record AssetRead(string Key) : RefetchRead(RecordKind.Asset)
{
    public override IReadOnlyList<KeyRange> Scope => [new(Key)];

    public override bool IsOfOneRecord => true;
}

/// <param name="Holder"><c>serial:S</c> or <c>user:U</c>; null for all holders.</param>
internal sealed record AssignmentsRead(string Asset, string? Holder = null) : RefetchRead(RecordKind.Assignment)
{
    public override IReadOnlyList<KeyRange> Scope =>
        [Holder is null ? KeyRange.Under(Asset) : new KeyRange(RecordKeys.Assignment(Asset, Holder))];

    public override bool IsWhole => Holder is null;

    public override bool IsOfOneRecord => Holder is not null;

    public override bool IsOfOneUser => Holder is not null && RecordKeys.ParseHolder(Holder).ClientUserId is not null;
}

/// <summary>The assignments of one device or user to several assets, in one request.</summary>
internal sealed record HolderRead(string Holder, IReadOnlyList<string> Assets) : RefetchRead(RecordKind.Assignment)
{
    public override IReadOnlyList<KeyRange> Scope =>
        [.. Assets.Select(asset => new KeyRange(RecordKeys.Assignment(asset, Holder)))];

    public override bool IsWhole => false;

    public override bool IsOfOneUser => RecordKeys.ParseHolder(Holder).ClientUserId is not null;
}

internal sealed record SubscriptionRead(string AdamId) : RefetchRead(RecordKind.Subscription)
{
    public override IReadOnlyList<KeyRange> Scope => [new(AdamId)];

    public override bool IsOfOneRecord => true;
}

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

    public override bool IsOfOneRecord => ClientUserId is not null;

    public override bool IsOfOneUser => IsOfOneRecord;
}

/// <summary>Stands for a stored target that names nothing that can be read; the attempt to read it fails.</summary>
internal sealed record InvalidRead(RecordKind Kind) : RefetchRead(Kind)
{
    public override IReadOnlyList<KeyRange> Scope => [];
}
