using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>An active assignment of an asset to a device or a user. Apple: Assignment.</summary>
public sealed record Assignment
{
    /// <summary>Apple's id of the app or book.</summary>
    [JsonConverter(typeof(TextOrNumberConverter))]
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>.</summary>
    public string? PricingParam { get; init; }

    /// <summary>The device that has it; null where a user has it. Personal data.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>The user who has it; null where a device has it. Personal data.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>With <see cref="AssignmentQuery.IncludeUserState"/>: the user's status.</summary>
    public string? UserStatus { get; init; }

    /// <summary>With <see cref="AssignmentQuery.IncludeUserState"/>: the user's Apple Account, hashed by Apple. Personal data.</summary>
    public string? IdHash { get; init; }

    /// <summary>The asset, not who has it.</summary>
    public override string ToString() => $"Assignment {{ AdamId = {AdamId}, PricingParam = {PricingParam} }}";
}

/// <summary>
/// Which assignments to read; what is null does not restrict. An incremental read does not show what was taken back.
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

    /// <summary>Leave out users without an Apple Account.</summary>
    public bool? ExcludeInactiveUsers { get; init; }

    /// <summary>Give each user's status and hashed account as well.</summary>
    public bool? IncludeUserState { get; init; }

    /// <summary>Only what is new since the version of an earlier complete walk (<see cref="Page{T}.VersionId"/>).</summary>
    public string? SinceVersionId { get; init; }

    /// <summary>The asset asked for, not the user or device.</summary>
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
