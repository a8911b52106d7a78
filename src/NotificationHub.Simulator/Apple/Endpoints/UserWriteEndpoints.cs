using System.Net.Mail;
using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class UserWriteEndpoints
{
    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [
        AppleEndpoint.Post("/users/create", Create),
        AppleEndpoint.Post("/users/update", Update),
        AppleEndpoint.Post("/users/retire", Retire),
    ];

    private static JsonObject Create(AppleRequest request)
    {
        var users = Users(request, "clientUserId", "email", "managedAppleId");
        return WriteAnswer.Accepted(request, id => UserEvents.Create(id, users, request.Context.Random));
    }

    private static JsonObject Update(AppleRequest request)
    {
        var users = Users(request, "clientUserId", "email", "managedAppleId");
        return WriteAnswer.Accepted(request, id => UserEvents.Update(id, users));
    }

    private static JsonObject Retire(AppleRequest request)
    {
        var users = Users(request, "clientUserId");
        return WriteAnswer.Accepted(request, id => UserEvents.Retire(id, users));
    }

    private static List<UserRequest> Users(AppleRequest request, params IReadOnlyList<string> members)
    {
        request.Body.Allow("users");
        if (request.Body.Objects("users") is not { Count: > 0 } named)
        {
            throw AppleException.ForViolation(AppleErrors.UsersMissing, "users are missing");
        }

        var users = named.Select(user => Read(user, members)).ToList();
        WriteAnswer.Check(
            [.. users.Select(user => user.ClientUserId)],
            AppleLimits.Users,
            AppleErrors.TooManyUsers,
            AppleErrors.DuplicateUsers
        );
        return users;
    }

    private static UserRequest Read(RequestBody user, IReadOnlyList<string> members)
    {
        user.Allow(members);
        if (user.Text("clientUserId") is not { Length: > 0 } clientUserId)
        {
            throw AppleException.ForViolation(AppleErrors.InvalidArgument, "clientUserId is missing");
        }

        var email = user.Text("email");
        return email is null || MailAddress.TryCreate(email, out _)
            ? new(clientUserId, email, user.Text("managedAppleId"))
            : throw new AppleException(AppleErrors.BadEmail);
    }
}
