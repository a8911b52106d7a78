using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple;

/// <remarks>Changes that no request caused: Apple notifies them without an event id.</remarks>
internal sealed partial class SimulatedLocation
{
    /// <summary>A purchase or transfer (positive) or a refund (negative): ASSET_COUNT.</summary>
    public void ChangeAssetCount(string adamId, int delta, string pricingParam = "STDQ")
    {
        Silently(change => change.ChangeTotal(new AssetKey(adamId, pricingParam), delta));
        Notify(
            NotificationTypes.AssetCount,
            new JsonObject
            {
                ["adamId"] = adamId,
                ["pricingParam"] = pricingParam,
                ["countDelta"] = delta,
            }
        );
    }

    /// <summary>Users accept their invitations: USER_ASSOCIATED.</summary>
    public void AcceptInvitations(params IReadOnlyList<string> clientUserIds)
    {
        foreach (var batch in clientUserIds.Chunk(AppleEvent.MaxBatch))
        {
            var associated = Records.Change(change =>
                batch
                    .Where(user => change.AcceptInvitation(user) is null)
                    .Select(user => UserEvents.Describe(change.ActiveUser(user)!))
                    .ToArray<JsonNode>()
            );
            Notify(
                NotificationTypes.UserAssociated,
                new JsonObject { ["associatedUsers"] = new JsonArray(associated) }
            );
        }
    }

    /// <summary>Seats are bought, expire or renew: SUBSCRIPTION_COUNT.</summary>
    public void SetSubscriptionSeats(long adamId, int renewing, int expiring)
    {
        Silently(change =>
            change.PutSubscription(
                change.Subscription(adamId)! with
                {
                    TotalRenewing = renewing,
                    TotalExpiring = expiring,
                }
            )
        );
        NotifySubscriptionCount(adamId);
    }

    /// <summary>
    /// The billing period ends: expiring seats go, deferred disassociations are carried out and notified under the
    /// event id that they were given then.
    /// </summary>
    public void EndBillingPeriod(long adamId)
    {
        var ended = Records.Change(change => change.EndPeriod(adamId));
        foreach (var group in ended.GroupBy(assignment => assignment.DeferredEventId!))
        {
            var outcomes = group.Select(assignment =>
                SubscriptionEvents.Outcome(adamId, assignment.ClientUserId, renewing: false, error: null)
            );
            var payloads = outcomes
                .Chunk(AppleEvent.MaxBatch)
                .SelectMany(batch => _events.Find(group.Key)!.Settle(batch));
            NotifyAll(NotificationTypes.SubscriptionManagement, [.. payloads]);
        }

        NotifySubscriptionCount(adamId);
    }

    private void NotifySubscriptionCount(long adamId)
    {
        var subscription = Records.Current.Subscriptions[adamId].Value;
        var counts = SubscriptionCounts.Of(subscription);
        Notify(
            NotificationTypes.SubscriptionCount,
            new JsonObject
            {
                ["parentAdamId"] = subscription.ParentAdamId,
                ["adamId"] = adamId,
                ["counts"] = new JsonObject
                {
                    ["available"] = counts.Available.ToJson(),
                    ["total"] = counts.Total.ToJson(),
                },
            }
        );
    }
}
