using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;
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
        AppleEndpoint.Post("/subscriptions/associate", ["adamIds", "clientUserIds", "renewing"], Associate),
        AppleEndpoint.Post("/subscriptions/disassociate", ["adamIds", "clientUserIds", "deferred"], Disassociate),
    ];

    private static JsonObject Subscriptions(AppleRequest request)
    {
        var parents = request.Numbers("parentAdamId");
        var adamIds = request.Numbers("adamId");
        var rows = request
            .Visible.Subscriptions.Values.Select(row => row.Value)
            .Where(subscription => IsChosen(subscription, parents, adamIds));
        return CursorPage.Respond(request, "subscriptions", rows, Describe);
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
            .Where(assignment => users is null || users.Contains(assignment.ClientUserId));
        return CursorPage.Respond(
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
        var rows = request.Visible.SubscriptionAdmins.Where(admin => adamIds is null || adamIds.Contains(admin.AdamId));
        return CursorPage.Respond(
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
        var counts = SubscriptionCounts.From(subscription);
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

    private static JsonObject Associate(AppleRequest request)
    {
        var seats = Seats(request, (change, seat) => change.CheckAssociation(seat.AdamId, seat.ClientUserId));
        var renewing =
            request.Body.Flag("renewing")
            ?? throw AppleException.ForViolation(AppleErrors.BadSubscriptionAssociation, "renewing is missing");
        return Envelope.CreateForEvent(request, id => SubscriptionEvents.Associate(id, seats, renewing));
    }

    private static JsonObject Disassociate(AppleRequest request)
    {
        var seats = Seats(request, (change, seat) => change.CheckDisassociation(seat.AdamId, seat.ClientUserId));
        return Envelope.CreateForEvent(
            request,
            id =>
                request.Body.Flag("deferred") is true
                    ? SubscriptionEvents.DisassociateLater(id, seats, seat => request.Location.Defer(id, seat))
                    : SubscriptionEvents.Disassociate(id, seats)
        );
    }

    // The errors of subscriptions and users are synchronous: they reject the whole request.
    private static IReadOnlyList<SeatRequest> Seats(AppleRequest request, Func<RecordsChange, SeatRequest, int?> check)
    {
        var seats = ReadSeats(request);
        var change = new RecordsChange(request.Location.Records.Current);
        foreach (var seat in seats)
        {
            if (check(change, seat) is { } error)
            {
                throw new AppleException(
                    error,
                    new JsonObject { ["clientUserIds"] = new JsonArray(seat.ClientUserId) }
                );
            }
        }

        return seats;
    }

    public static IReadOnlyList<SeatRequest> ReadSeats(AppleRequest request)
    {
        if (
            request.Body.Numbers("adamIds") is not { Count: > 0 } adamIds
            || request.Body.Texts("clientUserIds") is not { Count: > 0 } users
        )
        {
            throw AppleException.ForViolation(
                AppleErrors.BadSubscriptionAssociation,
                "adamIds or clientUserIds is missing"
            );
        }

        return SeatRequest.All(
            ListRule.SubscriptionAdamIds.Check(request, adamIds, id => id),
            ListRule.SubscriptionUsers.Check(request, users, id => id)
        );
    }
}

/// <summary>Administrators of subscriptions, enabling and disabling: synchronous, without an event.</summary>
internal static class SubscriptionManagementEndpoints
{
    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [
        AppleEndpoint.Post(
            "/subscriptions/admins/add",
            ["adamIds", "clientUserIds"],
            request => ChangeAdmins(request, (change, admin) => change.AddSubscriptionAdmin(admin))
        ),
        AppleEndpoint.Post(
            "/subscriptions/admins/remove",
            ["adamIds", "clientUserIds"],
            request => ChangeAdmins(request, (change, admin) => change.RemoveSubscriptionAdmin(admin))
        ),
        AppleEndpoint.Post("/subscriptions/enable", null, request => Manage(request, true)),
        AppleEndpoint.Post("/subscriptions/disable", null, Disable),
    ];

    private static JsonObject ChangeAdmins(
        AppleRequest request,
        Func<RecordsChange, SimulatedSubscriptionAdmin, int?> change
    )
    {
        var seats = SubscriptionEndpoints.ReadSeats(request);
        var version = request.Location.Records.Change(changing =>
        {
            foreach (var seat in seats)
            {
                // A synchronous error means that nothing was changed: the exception discards the change.
                if (change(changing, new(seat.AdamId, seat.ClientUserId)) is { } error)
                {
                    throw new AppleException(error);
                }
            }

            return changing.ToSnapshot().Version;
        });
        var response = Envelope.WithoutMdmInfo(request);
        response["versionId"] = VersionId.Encode(VersionKind.Subscriptions, version);
        return response;
    }

    private static JsonObject Disable(AppleRequest request) =>
        request.Location.Records.Current.Subscriptions.Values.Any(row =>
            row.Value is { TotalRenewing: > 0 } or { TotalExpiring: > 0 }
        )
            ? throw new AppleException(AppleErrors.CannotDisableSubscriptions)
            : Manage(request, false);

    private static JsonObject Manage(AppleRequest request, bool isOn)
    {
        request.ContentToken.ManagesSubscriptions = isOn;
        var response = Envelope.Create(request);
        response.TryAdd("mdmInfo", null);
        response["subscriptionManagement"] = isOn;
        return response;
    }
}
