using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

internal abstract record PageAnswer<T> : AppleAnswer
{
    public int? CurrentPageIndex { get; init; }

    public int? NextPageIndex { get; init; }

    public int? TotalPages { get; init; }

    public string? NextCursor { get; init; }

    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? VersionId { get; init; }

    [JsonIgnore]
    public abstract IReadOnlyList<T> Items { get; }
}

internal sealed record AssetsAnswer : PageAnswer<Asset>
{
    [JsonConverter(typeof(ListConverter<Asset>))]
    public IReadOnlyList<Asset> Assets
    {
        get => field ?? [];
        init;
    }

    [JsonConverter(typeof(ListConverter<Asset>))]
    public IReadOnlyList<Asset> UnlimitedAssets
    {
        get => field ?? [];
        init;
    }

    // The separate list leaves the total out: it is filled in, so that both lists say "unlimited" alike.
    [JsonIgnore]
    public override IReadOnlyList<Asset> Items =>
        UnlimitedAssets.Count == 0
            ? Assets
            : [.. Assets, .. UnlimitedAssets.Select(asset => asset with { TotalCount = Asset.UnlimitedCount })];
}

internal sealed record AssignmentsAnswer : PageAnswer<Assignment>
{
    [JsonConverter(typeof(ListConverter<Assignment>))]
    public IReadOnlyList<Assignment> Assignments
    {
        get => field ?? [];
        init;
    }

    [JsonIgnore]
    public override IReadOnlyList<Assignment> Items => Assignments;
}

internal sealed record UsersAnswer : PageAnswer<User>
{
    [JsonConverter(typeof(ListConverter<User>))]
    public IReadOnlyList<User> Users
    {
        get => field ?? [];
        init;
    }

    [JsonIgnore]
    public override IReadOnlyList<User> Items => Users;
}

internal sealed record SubscriptionsAnswer : PageAnswer<Subscription>
{
    [JsonConverter(typeof(ListConverter<Subscription>))]
    public IReadOnlyList<Subscription> Subscriptions
    {
        get => field ?? [];
        init;
    }

    [JsonIgnore]
    public override IReadOnlyList<Subscription> Items => Subscriptions;
}

internal sealed record SubscriptionAssignmentsAnswer : PageAnswer<SubscriptionAssignment>
{
    [JsonConverter(typeof(ListConverter<SubscriptionAssignment>))]
    public IReadOnlyList<SubscriptionAssignment> Assignments
    {
        get => field ?? [];
        init;
    }

    [JsonIgnore]
    public override IReadOnlyList<SubscriptionAssignment> Items => Assignments;
}

internal sealed record SubscriptionAdminsAnswer : PageAnswer<SubscriptionAdmin>
{
    [JsonConverter(typeof(ListConverter<SubscriptionAdmin>))]
    public IReadOnlyList<SubscriptionAdmin> Admins
    {
        get => field ?? [];
        init;
    }

    [JsonIgnore]
    public override IReadOnlyList<SubscriptionAdmin> Items => Admins;
}
