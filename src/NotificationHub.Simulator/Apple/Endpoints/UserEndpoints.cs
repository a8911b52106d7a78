using System.Net.Mail;
using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class UserEndpoints
{
    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [
        AppleEndpoint.Get(
            "/users",
            ["activeOnly", "retiredOnly", "clientUserId", "sinceVersionId", "pageIndex"],
            Respond
        ),
        AppleEndpoint.Post("/users/create", ["users"], Create),
        AppleEndpoint.Post("/users/update", ["users"], Update),
        AppleEndpoint.Post("/users/retire", ["users"], Retire),
    ];

    private static JsonObject Respond(AppleRequest request)
    {
        var rows = request.Visible.Users.Values.Where(Filter(request));
        var page = Page<SimulatedUser>.Cut(request, VersionKind.Users, rows);
        var response = page.AddTo(Envelope.Create(request), request.Context);
        response["users"] = new JsonArray([.. page.Rows.Select(UserEvents.Describe)]);
        return response;
    }

    private static Func<Versioned<SimulatedUser>, bool> Filter(AppleRequest request)
    {
        var clientUserId = request.Text("clientUserId");
        var activeOnly = request.Flag("activeOnly") is true;
        var retiredOnly = request.Flag("retiredOnly") is true;
        var since = request.Text("sinceVersionId") is { } versionId
            ? VersionId.Decode(VersionKind.Users, versionId, request.Location.Records.Current.Version)
            : 0;
        return row =>
            row.Version > since
            && (clientUserId is null || row.Value.ClientUserId == clientUserId)
            && (!activeOnly || row.Value.IsActive)
            && (!retiredOnly || !row.Value.IsActive);
    }

    private static JsonObject Create(AppleRequest request)
    {
        var users = Users(request, "clientUserId", "email", "managedAppleId");
        return Envelope.CreateForEvent(request, id => UserEvents.Create(id, users, request.Context.Random));
    }

    private static JsonObject Update(AppleRequest request)
    {
        var users = Users(request, "clientUserId", "email", "managedAppleId");
        return Envelope.CreateForEvent(request, id => UserEvents.Update(id, users));
    }

    private static JsonObject Retire(AppleRequest request)
    {
        var users = Users(request, "clientUserId");
        return Envelope.CreateForEvent(request, id => UserEvents.Retire(id, users));
    }

    private static IReadOnlyList<UserRequest> Users(AppleRequest request, params IReadOnlyList<string> members)
    {
        if (request.Body.Objects("users") is not { Count: > 0 } named)
        {
            throw AppleException.ForViolation(AppleErrors.UsersMissing, "users are missing");
        }

        return ListRule.Users.Check(request, [.. named.Select(user => Read(user, members))], user => user.ClientUserId);
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
