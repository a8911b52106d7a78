using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>A user's seat of a subscription. Apple: ResponseSubscriptionAssignment.</summary>
public sealed record SubscriptionAssignment
{
    /// <summary>Apple's ID of the subscription.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? AdamId { get; init; }

    /// <summary>The user who has the seat. Personal data.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>Whether the assignment continues after the period.</summary>
    public bool? Renewing { get; init; }

    /// <summary>Members that this library does not know; null if there are none.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? AdditionalMembers { get; set; }

    /// <summary>The subscription, without the user.</summary>
    public override string ToString() => $"SubscriptionAssignment {{ AdamId = {AdamId}, Renewing = {Renewing} }}";

    internal static object ToKey(SubscriptionAssignment one) => (one.AdamId, one.ClientUserId);
}

/// <summary>Which seats to read; null does not restrict. Apple: Get Subscription Assignments.</summary>
public sealed record SubscriptionAssignmentQuery : PageQuery
{
    /// <summary>One app's subscriptions.</summary>
    public string? ParentAdamId { get; init; }

    /// <summary>One subscription.</summary>
    public string? AdamId { get; init; }

    /// <summary>One user.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>The requested subscription, without the user.</summary>
    public override string ToString() => $"SubscriptionAssignmentQuery {{ AdamId = {AdamId} }}";

    internal QueryString ToQuery() =>
        new QueryString().Add("parentAdamId", ParentAdamId).Add("adamId", AdamId).Add("clientUserId", ClientUserId);
}

/// <summary>A user who administers a subscription. Apple: Get Subscription Admins.</summary>
public sealed record SubscriptionAdmin
{
    /// <summary>Apple's ID of the subscription.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? AdamId { get; init; }

    /// <summary>The administrator. Personal data.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>The user's Apple Account, hashed by Apple. Personal data.</summary>
    public string? IdHash { get; init; }

    /// <summary>The user's status.</summary>
    public string? UserStatus { get; init; }

    /// <summary>Members that this library does not know; null if there are none.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? AdditionalMembers { get; set; }

    /// <summary>The subscription, without the administrator.</summary>
    public override string ToString() => $"SubscriptionAdmin {{ AdamId = {AdamId} }}";

    internal static object ToKey(SubscriptionAdmin admin) => (admin.AdamId, admin.ClientUserId);
}

/// <summary>Which administrators to read; null does not restrict.</summary>
public sealed record SubscriptionAdminQuery : PageQuery
{
    /// <summary>One subscription.</summary>
    public string? AdamId { get; init; }

    /// <summary>Include each user's status and hashed account.</summary>
    public bool? IncludeUserState { get; init; }

    internal QueryString ToQuery() => new QueryString().Add("adamId", AdamId).Add("includeUserState", IncludeUserState);
}
