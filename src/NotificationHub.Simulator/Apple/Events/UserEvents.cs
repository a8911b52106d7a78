using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Events;

/// <summary>A user in a write request.</summary>
internal sealed record UserRequest(string ClientUserId, string? Email = null, string? ManagedAppleId = null);

internal static class UserEvents
{
    public static AppleEvent Create(string eventId, IReadOnlyList<UserRequest> users, SeededRandom random) =>
        Event(
            eventId,
            "CREATE",
            users,
            (change, user) =>
                change.CreateUser(
                    user.ClientUserId,
                    user.Email,
                    user.ManagedAppleId,
                    Convert.ToHexStringLower(random.Bytes(16))
                )
        );

    public static AppleEvent Update(string eventId, IReadOnlyList<UserRequest> users) =>
        Event(
            eventId,
            "UPDATE",
            users,
            (change, user) => change.UpdateUser(user.ClientUserId, user.Email, user.ManagedAppleId)
        );

    public static AppleEvent Retire(string eventId, IReadOnlyList<UserRequest> users) =>
        Event(eventId, "RETIRE", users, (change, user) => change.RetireUser(user.ClientUserId));

    // ResponseUser omits members without a value.
    public static JsonObject Describe(SimulatedUser user)
    {
        var element = new JsonObject { ["clientUserId"] = user.ClientUserId };
        AddIfSet(element, "email", user.Email);
        AddIfSet(element, "idHash", user.IdHash);
        AddIfSet(element, "inviteCode", user.InviteCode);
        element["status"] = user.Status;
        return element;
    }

    private static AppleEvent Event(
        string eventId,
        string action,
        IReadOnlyList<UserRequest> users,
        Func<RecordsChange, UserRequest, int?> apply
    )
    {
        var tasks = users.Select(user => new EventTask(
            new TaskSubject(null, user.ClientUserId, null),
            change => apply(change, user),
            change =>
                change.NewestUser(user.ClientUserId) is { } record
                    ? Describe(record)
                    : new JsonObject { ["clientUserId"] = user.ClientUserId }
        ));
        return new(eventId, NotificationTypes.UserManagement, action, "users", [.. tasks.Chunk(AppleEvent.MaxBatch)]);
    }

    private static void AddIfSet(JsonObject element, string name, string? value)
    {
        if (value is not null)
        {
            element[name] = value;
        }
    }
}
