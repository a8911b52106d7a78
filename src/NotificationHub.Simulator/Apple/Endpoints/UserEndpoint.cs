using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class UserEndpoint
{
    public static AppleEndpoint Get { get; } =
        AppleEndpoint.Get(
            "/users",
            ["activeOnly", "retiredOnly", "clientUserId", "sinceVersionId", "pageIndex"],
            Answer
        );

    private static JsonObject Answer(AppleRequest request)
    {
        var visible = request.Visible;
        var page = Page<SimulatedUser>.Cut(
            request,
            VersionKind.Users,
            visible.Users.Values.Where(Filter(request)),
            visible.Version
        );
        var answer = page.AddTo(Envelope.Create(request), request.Context);
        answer["users"] = new JsonArray([.. page.Rows.Select(UserEvents.Describe)]);
        return answer;
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
}
