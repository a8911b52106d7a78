using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.FullSync;
using NotificationHub.Snapshots;

namespace NotificationHub.Admin;

/// <param name="AskedAt">What ends from then on is what was ordered.</param>
internal sealed record OrderedReconciliation(DateTimeOffset AskedAt, IReadOnlyList<string> Resources);

internal static class LocationReconciliation
{
    public static async Task<Accepted<OrderedReconciliation>> OrderAsync(
        [AsParameters] LocationChange change,
        SurveyOrder surveys
    )
    {
        var order = await change.RunAsync(
            "reconcile",
            stopping => surveys.OrderAsync(change.Id, SnapshotKind.All, stopping)
        );
        return TypedResults.Accepted(
            $"/admin/locations/{change.Id}",
            new OrderedReconciliation(DateTimeOffset.FromUnixTimeMilliseconds(order.AskedAt), order.Resources)
        );
    }
}
