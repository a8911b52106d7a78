namespace NotificationHub.Apple;

/// <summary>One address of the API: its documented path, and the key under which Service Config may give another one.</summary>
internal sealed record Endpoint(string Path, string? UrlKey = null)
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

    /// <summary>The address to use. One from Service Config counts only on the very host of the base address: it will be shown the content token.</summary>
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
