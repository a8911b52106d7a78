using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>A page as received; <see cref="ResponseRules"/> checks whether it is complete.</summary>
internal abstract record PageResponse<T> : AppleResponse
    where T : class
{
    public int? CurrentPageIndex { get; init; }

    public int? NextPageIndex { get; init; }

    public int? TotalPages { get; init; }

    public int? Size { get; init; }

    public string? NextCursor { get; init; }

    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? VersionId { get; init; }

    /// <summary>The list, or null if absent. A row is null if it was sent as null.</summary>
    [JsonIgnore]
    public abstract IReadOnlyList<T?>? Rows { get; }

    /// <summary>The rows of a complete page.</summary>
    [JsonIgnore]
    public IReadOnlyList<T> Items => [.. Rows!.OfType<T>()];
}

internal sealed record AssetsResponse : PageResponse<Asset>
{
    public IReadOnlyList<Asset?>? Assets { get; init; }

    public IReadOnlyList<Asset?>? UnlimitedAssets { get; init; }

    // The separate list omits the total. It is filled in, so that both lists mark unlimited assets alike.
    [JsonIgnore]
    public override IReadOnlyList<Asset?>? Rows =>
        UnlimitedAssets is null
            ? Assets
            :
            [
                .. Assets ?? [],
                .. UnlimitedAssets.Select(asset =>
                    asset is null ? null : asset with { TotalCount = Asset.UnlimitedCount }
                ),
            ];
}

internal sealed record AssignmentsResponse : PageResponse<Assignment>
{
    public IReadOnlyList<Assignment?>? Assignments { get; init; }

    [JsonIgnore]
    public override IReadOnlyList<Assignment?>? Rows => Assignments;
}

internal sealed record UsersResponse : PageResponse<User>
{
    public IReadOnlyList<User?>? Users { get; init; }

    [JsonIgnore]
    public override IReadOnlyList<User?>? Rows => Users;
}

internal sealed record SubscriptionsResponse : PageResponse<Subscription>
{
    public IReadOnlyList<Subscription?>? Subscriptions { get; init; }

    [JsonIgnore]
    public override IReadOnlyList<Subscription?>? Rows => Subscriptions;
}

internal sealed record SubscriptionAssignmentsResponse : PageResponse<SubscriptionAssignment>
{
    public IReadOnlyList<SubscriptionAssignment?>? Assignments { get; init; }

    [JsonIgnore]
    public override IReadOnlyList<SubscriptionAssignment?>? Rows => Assignments;
}

internal sealed record SubscriptionAdminsResponse : PageResponse<SubscriptionAdmin>
{
    public IReadOnlyList<SubscriptionAdmin?>? Admins { get; init; }

    [JsonIgnore]
    public override IReadOnlyList<SubscriptionAdmin?>? Rows => Admins;
}
