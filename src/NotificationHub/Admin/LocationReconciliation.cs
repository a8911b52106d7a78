using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.FullSync;
using NotificationHub.Snapshots;

namespace NotificationHub.Admin;

/// <param name="RequestedAt">What ends from then on is what was ordered.</param>
internal sealed record OrderedReconciliation(DateTimeOffset RequestedAt, IReadOnlyList<string> Resources);

internal static class LocationReconciliation
{
    public static async Task<Accepted<OrderedReconciliation>> OrderAsync(
        [AsParameters] LocationChange change,
        ReconcileRequest fullSyncs
    )
    {
        var order = await change.RunAsync(
            "reconcile",
            stopping => fullSyncs.OrderAsync(change.Id, RecordKind.All, stopping)
        );
        return TypedResults.Accepted(
            $"/admin/locations/{change.Id}",
            new OrderedReconciliation(DateTimeOffset.FromUnixTimeMilliseconds(order.RequestedAt), order.Resources)
        );
    }
}
