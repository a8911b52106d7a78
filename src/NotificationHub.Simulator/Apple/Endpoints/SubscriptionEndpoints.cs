using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class SubscriptionEndpoints
{
    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [
        AppleEndpoint.Get("/subscriptions", ["parentAdamId[]", "adamId[]", "cursor"], Subscriptions),
        AppleEndpoint.Get(
            "/subscriptions/assignments",
            ["parentAdamId[]", "adamId[]", "clientUserId[]", "cursor"],
            Assignments
        ),
        AppleEndpoint.Get("/subscriptions/admins", ["adamId[]", "includeUserState", "cursor"], Admins),
    ];

    private static JsonObject Subscriptions(AppleRequest request)
    {
        var parents = request.Numbers("parentAdamId");
        var adamIds = request.Numbers("adamId");
        var rows = request
            .Visible.Subscriptions.Values.Select(row => row.Value)
            .Where(subscription => IsChosen(subscription, parents, adamIds))
            .ToList();
        return CursorPage.Answer(request, "subscriptions", rows, Describe);
    }

    private static JsonObject Assignments(AppleRequest request)
    {
        var parents = request.Numbers("parentAdamId");
        var adamIds = request.Numbers("adamId");
        var users = request.Texts("clientUserId");
        var chosen = request
            .Visible.Subscriptions.Values.Where(row => IsChosen(row.Value, parents, adamIds))
            .Select(row => row.Value.AdamId)
            .ToHashSet();
        var rows = request
            .Visible.SubscriptionAssignments.Values.Select(row => row.Value)
            .Where(assignment => chosen.Contains(assignment.AdamId))
            .Where(assignment => users is null || users.Contains(assignment.ClientUserId))
            .ToList();
        return CursorPage.Answer(
            request,
            "assignments",
            rows,
            assignment => new JsonObject
            {
                ["adamId"] = assignment.AdamId,
                ["clientUserId"] = assignment.ClientUserId,
                ["renewing"] = assignment.Renewing,
            }
        );
    }

    private static JsonObject Admins(AppleRequest request)
    {
        var adamIds = request.Numbers("adamId");
        var withUserState = request.Flag("includeUserState") is true;
        var rows = request
            .Visible.SubscriptionAdmins.Where(admin => adamIds is null || adamIds.Contains(admin.AdamId))
            .ToList();
        return CursorPage.Answer(
            request,
            "admins",
            rows,
            admin =>
            {
                var described = new JsonObject { ["adamId"] = admin.AdamId, ["clientUserId"] = admin.ClientUserId };
                if (withUserState && request.Visible.NewestUser(admin.ClientUserId) is { } user)
                {
                    described["idHash"] = user.IdHash;
                    described["userStatus"] = user.Status;
                }

                return described;
            }
        );
    }

    private static bool IsChosen(
        SimulatedSubscription subscription,
        IReadOnlySet<long>? parents,
        IReadOnlySet<long>? adamIds
    ) =>
        (parents is null || (subscription.ParentAdamId is { } parent && parents.Contains(parent)))
        && (adamIds is null || adamIds.Contains(subscription.AdamId));

    private static JsonObject Describe(SimulatedSubscription subscription)
    {
        var counts = SubscriptionCounts.Of(subscription);
        var described = new JsonObject
        {
            ["parentAdamId"] = subscription.ParentAdamId,
            ["adamId"] = subscription.AdamId,
            ["status"] = subscription.Status,
            ["counts"] = new JsonObject
            {
                ["assigned"] = counts.Assigned.ToJson(),
                ["available"] = counts.Available.ToJson(),
                ["total"] = counts.Total.ToJson(),
            },
        };
        if (subscription.PeriodEndDate is { } end)
        {
            described["periodEndDate"] = end.ToString("O");
        }

        return described;
    }
}
