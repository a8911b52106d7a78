using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class AssignmentEndpoint
{
    public static AppleEndpoint Get { get; } =
        AppleEndpoint.Get(
            "/assignments",
            [
                "adamId",
                "clientUserId",
                "serialNumber",
                "pricingParam",
                "excludeInactiveUsers",
                "includeUserState",
                "sinceVersionId",
                "pageIndex",
            ],
            Answer
        );

    private static JsonObject Answer(AppleRequest request)
    {
        var visible = request.Visible;
        var rows = visible.Assignments.Values.Where(Filter(request));
        var page = Page<SimulatedAssignment>.Cut(request, VersionKind.Assignments, rows, visible.Version);
        var answer = page.AddTo(Envelope.Create(request), request.Context);
        var withUserState = request.Flag("includeUserState") is true;
        answer["assignments"] = new JsonArray([
            .. page.Rows.Select(assignment => Describe(assignment, withUserState ? visible : null)),
        ]);
        return answer;
    }

    // sinceVersionId returns what was added after that version. Apple documents no trace of a removal.
    private static Func<Versioned<SimulatedAssignment>, bool> Filter(AppleRequest request)
    {
        var adamId = request.Text("adamId");
        var clientUserId = request.Text("clientUserId");
        var serialNumber = request.Text("serialNumber");
        var pricingParam = request.OneOf("pricingParam", "STDQ", "PLUS");
        var activeOnly = request.Flag("excludeInactiveUsers") is true;
        var since = request.Text("sinceVersionId") is { } versionId
            ? VersionId.Decode(VersionKind.Assignments, versionId, request.Location.Records.Current.Version)
            : 0;
        return row =>
            row.Version > since
            && (adamId is null || row.Value.AdamId == adamId)
            && (clientUserId is null || row.Value.ClientUserId == clientUserId)
            && (serialNumber is null || row.Value.SerialNumber == serialNumber)
            && (pricingParam is null || row.Value.PricingParam == pricingParam)
            && (!activeOnly || row.Value.ClientUserId is not { } user || request.Visible.NewestUser(user)!.IsActive);
    }

    private static JsonObject Describe(SimulatedAssignment assignment, LocationSnapshot? withUsersOf)
    {
        var described = new JsonObject { ["adamId"] = assignment.AdamId, ["pricingParam"] = assignment.PricingParam };
        if (assignment.SerialNumber is { } serialNumber)
        {
            described["serialNumber"] = serialNumber;
        }

        if (assignment.ClientUserId is { } clientUserId)
        {
            described["clientUserId"] = clientUserId;
            if (withUsersOf is not null && withUsersOf.NewestUser(clientUserId) is { } user)
            {
                described["userStatus"] = user.Status;
                described["idHash"] = user.IdHash;
            }
        }

        return described;
    }
}
