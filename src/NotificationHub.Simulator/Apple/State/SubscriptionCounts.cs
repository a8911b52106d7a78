using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.State;

internal readonly record struct SeatCount(int Renewing, int Expiring)
{
    public JsonObject ToJson() => new() { ["renewing"] = Renewing, ["expiring"] = Expiring };
}

/// <summary>
/// Apple's three counts: assigned by assignment state, total and available by licence state, so that only the sums
/// agree: assigned + available = total.
/// </summary>
internal readonly record struct SubscriptionCounts(SeatCount Assigned, SeatCount Available, SeatCount Total)
{
    public static SubscriptionCounts Of(SimulatedSubscription subscription)
    {
        var (renewing, expiring) = (subscription.AssignedRenewing, subscription.AssignedExpiring);

        // An expiring assignment takes an expiring licence while there is one, and a renewing one after that.
        var expiringOnRenewing = Math.Max(0, expiring - subscription.TotalExpiring);
        return new(
            new(renewing, expiring),
            new(
                subscription.TotalRenewing - renewing - expiringOnRenewing,
                Math.Max(0, subscription.TotalExpiring - expiring)
            ),
            new(subscription.TotalRenewing, subscription.TotalExpiring)
        );
    }
}
