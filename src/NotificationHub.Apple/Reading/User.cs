using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>
/// A user of a location. One <see cref="ClientUserId"/> can have any number of retired records and at most one active
/// record. Apple: ResponseUser.
/// </summary>
public sealed record User
{
    /// <summary>The MDM's own ID of the user. Personal data.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>Personal data.</summary>
    public string? Email { get; init; }

    /// <summary>The user's Apple Account, hashed by Apple; null without one. Personal data.</summary>
    public string? IdHash { get; init; }

    /// <summary>A secret: its holder can claim the user.</summary>
    public string? InviteCode { get; init; }

    /// <summary><c>Registered</c>, <c>Associated</c>, <c>Retired</c> or the older <c>Deleted</c>.</summary>
    public string? Status { get; init; }

    /// <summary>Members that this library does not know; null if there are none.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? AdditionalMembers { get; set; }

    /// <summary>Whether the user is retired (or deleted, the older status).</summary>
    [JsonIgnore]
    public bool IsRetired => Status is "Retired" or "Deleted";

    /// <summary>The status, without the user.</summary>
    public override string ToString() => $"User {{ Status = {Status} }}";

    // There may be several retired users of one ID, and at most one active user.
    internal static object ToKey(User user) =>
        user.IsRetired
            ? (user.ClientUserId, user.Email, user.IdHash, user.InviteCode)
            : (object)(user.ClientUserId, true);
}

/// <summary>Which users to read; null does not restrict. Apple: Get Users.</summary>
public sealed record UserQuery : PageQuery
{
    /// <summary>One user, with all records.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>Exclude retired users. Apple's own example includes some, so the client filters again.</summary>
    public bool? ActiveOnly { get; init; }

    /// <summary>Only retired users.</summary>
    public bool? RetiredOnly { get; init; }

    /// <summary>Only changes since the version of an earlier complete read (<see cref="Page{T}.VersionId"/>).</summary>
    public string? SinceVersionId { get; init; }

    /// <summary>The filters, without the user.</summary>
    public override string ToString() => $"UserQuery {{ ActiveOnly = {ActiveOnly}, RetiredOnly = {RetiredOnly} }}";

    internal QueryString ToQuery() =>
        new QueryString()
            .Add("clientUserId", ClientUserId)
            .Add("activeOnly", ActiveOnly)
            .Add("retiredOnly", RetiredOnly)
            .Add("sinceVersionId", SinceVersionId);

    internal bool Matches(User user) =>
        !(user.IsRetired && ActiveOnly == true) && (user.IsRetired || RetiredOnly != true);
}
