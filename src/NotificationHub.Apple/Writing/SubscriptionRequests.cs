using System.Text.Json;

namespace NotificationHub.Apple;

/// <summary>Subscriptions, and the users that get or lose them. Every subscription is combined with every user.</summary>
public abstract record SubscriptionsRequest : WriteRequest
{
    private protected SubscriptionsRequest() { }

    /// <summary>Apple's numeric IDs of the subscriptions; 25 fit into one of Apple's requests (<c>maxSubscriptions</c>).</summary>
    public required IReadOnlyList<string> AdamIds { get; init; }

    /// <summary>The users; 1000 fit into one of Apple's requests (<c>maxSubscriptionClientUserIds</c>). Personal data.</summary>
    public required IReadOnlyList<string> ClientUserIds { get; init; }

    /// <inheritdoc />
    public override long? ItemCount => (long)AdamIds.Count * ClientUserIds.Count;

    internal override string? FindError() =>
        RequestLists.FindError(AdamIds, "subscriptions")
        ?? RequestLists.FindError(ClientUserIds, "users")
        ?? (
            AdamIds.All(id => long.TryParse(id, out _))
                ? null
                : "The request contains the ID of a subscription that is not a number."
        );

    internal override IEnumerable<WriteRequest> Split(ServiceConfig limits)
    {
        var userPieces = RequestLists.Cut(
            [.. ClientUserIds.Distinct(StringComparer.Ordinal)],
            limits.RequestLimit("maxSubscriptionClientUserIds")
        );
        var subscriptionPieces = RequestLists.Cut(
            [.. AdamIds.Distinct(StringComparer.Ordinal)],
            limits.RequestLimit("maxSubscriptions")
        );
        return from users in userPieces
            from subscriptions in subscriptionPieces
            select this with
            {
                AdamIds = subscriptions,
                ClientUserIds = users,
            };
    }

    internal override IEnumerable<WriteItem> ItemsOf(ErrorInfo? info)
    {
        var subscriptions = AdamIds
            .Where(id => info is not { Assets.Count: > 0 } || info.Assets.Any(asset => asset.AdamId == id))
            .ToList();
        return info is null or { Assets.Count: 0, ClientUserIds.Count: 0 }
            ? []
            : NamedHolders
                .Select(ClientUserIds, [], info)
                .SelectMany(user => subscriptions.Select(id => user with { AdamId = id }));
    }

    internal override bool Contains(WriteItem item) =>
        AdamIds.Contains(item.AdamId) && ClientUserIds.Contains(item.ClientUserId);

    private protected override void WriteMembers(Utf8JsonWriter json)
    {
        RequestLists.WriteNumbers(json, "adamIds", AdamIds);
        RequestLists.Write(json, "clientUserIds", ClientUserIds);
    }
}

/// <summary>Assigns seats of subscriptions. Apple: Associate Subscriptions.</summary>
public sealed record AssociateSubscriptionsRequest : SubscriptionsRequest
{
    /// <summary>Whether the assignments continue after the billing period.</summary>
    public required bool Renewing { get; init; }

    internal override Endpoint Endpoint => Endpoint.AssociateSubscriptions;

    private protected override void WriteMembers(Utf8JsonWriter json)
    {
        base.WriteMembers(json);
        json.WriteBoolean("renewing", Renewing);
    }
}

/// <summary>Takes seats of subscriptions back. Apple: Disassociate Subscriptions.</summary>
public sealed record DisassociateSubscriptionsRequest : SubscriptionsRequest
{
    /// <summary>
    /// Whether the seats are taken back at the end of the billing period instead of now. Apple then sends the notification
    /// only at that time, which can be weeks later.
    /// </summary>
    public bool Deferred { get; init; }

    internal override Endpoint Endpoint => Endpoint.DisassociateSubscriptions;

    private protected override void WriteMembers(Utf8JsonWriter json)
    {
        base.WriteMembers(json);
        json.WriteBoolean("deferred", Deferred);
    }
}

/// <summary>Makes users administrators of subscriptions. Apple: Add Subscription Admins.</summary>
public sealed record AddSubscriptionAdminsRequest : SubscriptionsRequest
{
    internal override Endpoint Endpoint => Endpoint.AddSubscriptionAdmins;
}

/// <summary>Removes administrators of subscriptions. Apple: Remove Subscription Admins.</summary>
public sealed record RemoveSubscriptionAdminsRequest : SubscriptionsRequest
{
    internal override Endpoint Endpoint => Endpoint.RemoveSubscriptionAdmins;
}
