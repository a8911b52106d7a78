namespace NotificationHub.Apple;

/// <summary>One address of the API: its documented path, and the key of an alternative address in Service Config.</summary>
/// <param name="EventType">Apple's name for the events of its requests; null if its requests cause none.</param>
internal sealed record Endpoint(string Path, string? UrlKey = null, string? EventType = null)
{
    public static Endpoint ServiceConfig { get; } = new("/service/config");
    public static Endpoint ClientConfig { get; } = new("/client/config", "clientConfig");
    public static Endpoint EventStatus { get; } = new("/status", "eventStatus");
    public static Endpoint Assets { get; } = new("/assets", "getAssets");
    public static Endpoint Assignments { get; } = new("/assignments", "getAssignments");
    public static Endpoint Users { get; } = new("/users", "getUsers");
    public static Endpoint Subscriptions { get; } = new("/subscriptions");
    public static Endpoint SubscriptionAssignments { get; } = new("/subscriptions/assignments");
    public static Endpoint SubscriptionAdmins { get; } = new("/subscriptions/admins");
    public static Endpoint AssociateAssets { get; } = new("/assets/associate", "associateAssets", "ASSOCIATE");
    public static Endpoint DisassociateAssets { get; } =
        new("/assets/disassociate", "disassociateAssets", "DISASSOCIATE");
    public static Endpoint RevokeAssets { get; } = new("/assets/revoke", "revokeAssets", "REVOKE");
    public static Endpoint CreateUsers { get; } = new("/users/create", "createUsers", "CREATE");
    public static Endpoint UpdateUsers { get; } = new("/users/update", "updateUsers", "UPDATE");
    public static Endpoint RetireUsers { get; } = new("/users/retire", "retireUsers", "RETIRE");
    public static Endpoint AssociateSubscriptions { get; } = new("/subscriptions/associate", EventType: "ASSOCIATE");
    public static Endpoint DisassociateSubscriptions { get; } =
        new("/subscriptions/disassociate", EventType: "DISASSOCIATE");
    public static Endpoint AddSubscriptionAdmins { get; } = new("/subscriptions/admins/add");
    public static Endpoint RemoveSubscriptionAdmins { get; } = new("/subscriptions/admins/remove");
    public static Endpoint EnableSubscriptions { get; } = new("/subscriptions/enable");
    public static Endpoint DisableSubscriptions { get; } = new("/subscriptions/disable");

    // An address from Service Config is used only on the host of the base address, because it receives the content token.
    public Uri Resolve(Uri baseUrl, ServiceConfig config)
    {
        if (
            UrlKey is not null
            && config.Urls?.TryGetValue(UrlKey, out var sent) == true
            && Uri.TryCreate(sent, UriKind.Absolute, out var url)
            && url.GetLeftPart(UriPartial.Authority) == baseUrl.GetLeftPart(UriPartial.Authority)
            && url is { Query: "", Fragment: "" }
        )
        {
            return url;
        }

        return new Uri(baseUrl.AbsoluteUri.TrimEnd('/') + Path);
    }
}
