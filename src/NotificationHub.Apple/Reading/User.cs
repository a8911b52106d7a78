namespace NotificationHub.Apple;

/// <summary>
/// A user of a location. One <see cref="ClientUserId"/> may come several times: any number of retired records, at most one active.
/// Apple: ResponseUser.
/// </summary>
public sealed record User
{
    /// <summary>The MDM's own id of the user. Personal data.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>Personal data.</summary>
    public string? Email { get; init; }

    /// <summary>The user's Apple Account, hashed by Apple; only where there is one. Personal data.</summary>
    public string? IdHash { get; init; }

    /// <summary>Whoever has it can claim the user: a secret.</summary>
    public string? InviteCode { get; init; }

    /// <summary><c>Registered</c>, <c>Associated</c>, <c>Retired</c> or the older <c>Deleted</c>.</summary>
    public string? Status { get; init; }

    /// <summary>The status, not who it is.</summary>
    public override string ToString() => $"User {{ Status = {Status} }}";
}

/// <summary>Which users to read; what is null does not restrict. Apple: Get Users.</summary>
public sealed record UserQuery : PageQuery
{
    /// <summary>One user; several records may come.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>Leave out retired users. Apple's own example does not quite, so the client filters again.</summary>
    public bool? ActiveOnly { get; init; }

    /// <summary>Only retired users.</summary>
    public bool? RetiredOnly { get; init; }

    /// <summary>Only what changed since the version of an earlier complete walk (<see cref="Page{T}.VersionId"/>).</summary>
    public string? SinceVersionId { get; init; }

    /// <summary>The filters, not the user asked for.</summary>
    public override string ToString() => $"UserQuery {{ ActiveOnly = {ActiveOnly}, RetiredOnly = {RetiredOnly} }}";

    internal QueryString ToQuery() =>
        new QueryString()
            .Add("clientUserId", ClientUserId)
            .Add("activeOnly", ActiveOnly)
            .Add("retiredOnly", RetiredOnly)
            .Add("sinceVersionId", SinceVersionId);

    internal bool Matches(User user)
    {
        var retired = user.Status is "Retired" or "Deleted";
        return !(retired && ActiveOnly == true) && (retired || RetiredOnly != true);
    }
}
