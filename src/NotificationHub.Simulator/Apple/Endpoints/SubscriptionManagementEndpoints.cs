using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>Who administers subscriptions, and whether there may be any: done at once, without an event.</summary>
internal static class SubscriptionManagementEndpoints
{
    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [
        AppleEndpoint.Post(
            "/subscriptions/admins/add",
            request => ChangeAdmins(request, (change, admin) => change.AddSubscriptionAdmin(admin))
        ),
        AppleEndpoint.Post(
            "/subscriptions/admins/remove",
            request => ChangeAdmins(request, (change, admin) => change.RemoveSubscriptionAdmin(admin))
        ),
        AppleEndpoint.PostWithoutBody("/subscriptions/enable", request => Managed(request, true)),
        AppleEndpoint.PostWithoutBody("/subscriptions/disable", Disable),
    ];

    private static JsonObject ChangeAdmins(
        AppleRequest request,
        Func<RecordsChange, SimulatedSubscriptionAdmin, int?> change
    )
    {
        var (adamIds, users) = SubscriptionWriteEndpoints.AdamIdsAndUsers(request);
        var version = request.Location.Records.Change(changing =>
        {
            foreach (
                var admin in adamIds.SelectMany(_ => users, (id, user) => new SimulatedSubscriptionAdmin(id, user))
            )
            {
                // An error that is told at once means that nothing was done: the exception leaves the change undone.
                if (change(changing, admin) is { } error)
                {
                    throw new AppleException(error);
                }
            }

            return changing.ToSnapshot().Version;
        });
        var answer = Envelope.WithoutMdmInfo(request);
        answer["versionId"] = VersionId.Encode(VersionKind.Subscriptions, version);
        return answer;
    }

    private static JsonObject Disable(AppleRequest request) =>
        request.Location.Records.Current.Subscriptions.Values.Any(row =>
            row.Value is { TotalRenewing: > 0 } or { TotalExpiring: > 0 }
        )
            ? throw new AppleException(AppleErrors.CannotDisableSubscriptions)
            : Managed(request, false);

    private static JsonObject Managed(AppleRequest request, bool isOn)
    {
        var answer = Envelope.Create(request);
        answer.TryAdd("mdmInfo", null);
        answer["subscriptionManagement"] = isOn;
        return answer;
    }
}
