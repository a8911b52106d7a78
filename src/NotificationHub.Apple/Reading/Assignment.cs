using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>An active assignment of an asset to a device or a user. Apple: Assignment.</summary>
public sealed record Assignment
{
    /// <summary>Apple's ID of the app or book.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>.</summary>
    public string? PricingParam { get; init; }

    /// <summary>The device that holds it; null for a user's assignment. Personal data.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>The user who holds it; null for a device's assignment. Personal data.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>With <see cref="AssignmentQuery.IncludeUserState"/>: the user's status.</summary>
    public string? UserStatus { get; init; }

    /// <summary>With <see cref="AssignmentQuery.IncludeUserState"/>: the user's Apple Account, hashed by Apple. Personal data.</summary>
    public string? IdHash { get; init; }

    /// <summary>Members that this library does not know; null if there are none.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? AdditionalMembers { get; set; }

    /// <summary>The asset, without the holder.</summary>
    public override string ToString() => $"Assignment {{ AdamId = {AdamId}, PricingParam = {PricingParam} }}";

    internal static object ToKey(Assignment one) =>
        (one.AdamId, one.PricingParam ?? AssetKey.DefaultPricing, one.SerialNumber, one.ClientUserId);
}

/// <summary>
/// Which assignments to read; null does not restrict. An incremental read does not return removed assignments.
/// Apple: Get Assignments.
/// </summary>
public sealed record AssignmentQuery : PageQuery
{
    /// <summary>One app or book.</summary>
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>.</summary>
    public string? PricingParam { get; init; }

    /// <summary>One user.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>One device.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>Exclude users without an Apple Account.</summary>
    public bool? ExcludeInactiveUsers { get; init; }

    /// <summary>Include each user's status and hashed account.</summary>
    public bool? IncludeUserState { get; init; }

    /// <summary>Only assignments since the version of an earlier complete read (<see cref="Page{T}.VersionId"/>).</summary>
    public string? SinceVersionId { get; init; }

    /// <summary>The requested asset, without user or device.</summary>
    public override string ToString() => $"AssignmentQuery {{ AdamId = {AdamId}, PricingParam = {PricingParam} }}";

    internal QueryString ToQuery() =>
        new QueryString()
            .Add("adamId", AdamId)
            .Add("pricingParam", PricingParam)
            .Add("clientUserId", ClientUserId)
            .Add("serialNumber", SerialNumber)
            .Add("excludeInactiveUsers", ExcludeInactiveUsers)
            .Add("includeUserState", IncludeUserState)
            .Add("sinceVersionId", SinceVersionId);
}
