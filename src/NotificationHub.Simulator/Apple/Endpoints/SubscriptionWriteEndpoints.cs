using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal static class SubscriptionWriteEndpoints
{
    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [
        AppleEndpoint.Post("/subscriptions/associate", Associate),
        AppleEndpoint.Post("/subscriptions/disassociate", Disassociate),
    ];

    private static JsonObject Associate(AppleRequest request)
    {
        var (adamIds, users) = AdamIdsAndUsers(request, "renewing");
        var renewing =
            request.Body.Flag("renewing")
            ?? throw AppleException.ForViolation(AppleErrors.BadSubscriptionAssociation, "renewing is missing");
        return WriteAnswer.Accepted(request, id => SubscriptionEvents.Associate(id, adamIds, users, renewing));
    }

    private static JsonObject Disassociate(AppleRequest request)
    {
        var (adamIds, users) = AdamIdsAndUsers(request, "deferred");
        var deferred = request.Body.Flag("deferred") ?? false;
        return WriteAnswer.Accepted(request, id => SubscriptionEvents.Disassociate(id, adamIds, users, deferred));
    }

    /// <param name="more">The members that the body may have besides.</param>
    public static (IReadOnlyList<long> AdamIds, IReadOnlyList<string> ClientUserIds) AdamIdsAndUsers(
        AppleRequest request,
        params IReadOnlyList<string> more
    )
    {
        request.Body.Allow(["adamIds", "clientUserIds", .. more]);
        if (
            request.Body.Numbers("adamIds") is not { Count: > 0 } adamIds
            || request.Body.Texts("clientUserIds") is not { Count: > 0 } users
        )
        {
            throw AppleException.ForViolation(
                AppleErrors.BadSubscriptionAssociation,
                "adamIds or clientUserIds are missing"
            );
        }

        WriteAnswer.Check(
            adamIds,
            AppleLimits.Subscriptions,
            AppleErrors.OverSubscriptionLimit,
            AppleErrors.BadSubscriptionAssociation
        );
        WriteAnswer.Check(
            users,
            AppleLimits.SubscriptionClientUserIds,
            AppleErrors.OverSubscriptionLimit,
            AppleErrors.BadSubscriptionAssociation
        );
        return (adamIds, users);
    }
}
