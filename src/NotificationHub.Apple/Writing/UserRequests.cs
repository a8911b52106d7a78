using System.Text.Json;

namespace NotificationHub.Apple;

/// <summary>A user to create, update or retire. Apple: RequestUser.</summary>
public sealed record RequestUser
{
    /// <summary>The MDM's own ID of the user. Personal data.</summary>
    public required string ClientUserId { get; init; }

    /// <summary>The address of an invitation; null to leave it out. Personal data.</summary>
    public string? Email { get; init; }

    /// <summary>A Managed Apple Account, which associates the user at once and without an invitation. Personal data.</summary>
    public string? ManagedAppleId { get; init; }

    /// <summary>No member, because all of them are personal data.</summary>
    public override string ToString() => nameof(RequestUser);
}

/// <summary>Users to change.</summary>
public abstract record UsersRequest : WriteRequest
{
    private protected UsersRequest() { }

    /// <summary>The users; at least one. <c>maxUsers</c> of them (100) fit into one of Apple's requests.</summary>
    public required IReadOnlyList<RequestUser> Users { get; init; }

    /// <inheritdoc />
    public override long? ItemCount => Users.Count;

    internal override string? FindError() =>
        RequestLists.FindError([.. Users.Select(user => user.ClientUserId)], "users")
        ?? (
            Users.Distinct().CountBy(user => user.ClientUserId).All(user => user.Value == 1)
                ? null
                : "The request contains a user twice, with different members."
        );

    internal override IEnumerable<WriteRequest> Split(ServiceConfig limits) =>
        RequestLists
            .Cut([.. Users.Distinct()], limits.RequestLimit("maxUsers"))
            .Select(users => this with { Users = users });

    internal override IEnumerable<WriteItem> ItemsOf(ErrorInfo? info) =>
        info is { ClientUserIds.Count: > 0 }
            ? NamedHolders.Select([.. Users.Select(user => user.ClientUserId)], [], info)
            : [];

    internal override bool Contains(WriteItem item) => Users.Any(user => user.ClientUserId == item.ClientUserId);

    private protected override void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteStartArray("users");
        foreach (var user in Users)
        {
            json.WriteStartObject();
            json.WriteString("clientUserId", user.ClientUserId);
            WriteAttributes(json, user);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private protected virtual void WriteAttributes(Utf8JsonWriter json, RequestUser user)
    {
        if (user.Email is not null)
        {
            json.WriteString("email", user.Email);
        }

        if (user.ManagedAppleId is not null)
        {
            json.WriteString("managedAppleId", user.ManagedAppleId);
        }
    }
}

/// <summary>Creates users. Apple: Create Users.</summary>
public sealed record CreateUsersRequest : UsersRequest
{
    internal override Endpoint Endpoint => Endpoint.CreateUsers;
}

/// <summary>Changes users. Apple: Update Users.</summary>
public sealed record UpdateUsersRequest : UsersRequest
{
    internal override Endpoint Endpoint => Endpoint.UpdateUsers;
}

/// <summary>Retires users; only their <see cref="RequestUser.ClientUserId"/> is sent. Apple: Retire Users.</summary>
public sealed record RetireUsersRequest : UsersRequest
{
    internal override Endpoint Endpoint => Endpoint.RetireUsers;

    private protected override void WriteAttributes(Utf8JsonWriter json, RequestUser user) { }
}
