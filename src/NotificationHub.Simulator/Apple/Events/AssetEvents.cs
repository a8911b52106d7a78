using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Events;

/// <summary>Associate, disassociate and revoke. As at Apple, a notification has one asset and up to 100 targets.</summary>
internal static class AssetEvents
{
    public static AppleEvent Associate(
        string eventId,
        IReadOnlyList<AssetKey> assets,
        IReadOnlyList<AssignmentTarget> targets
    ) => Create(eventId, "ASSOCIATE", assets, targets, (change, key, target) => change.Associate(key, target));

    public static AppleEvent Disassociate(
        string eventId,
        IReadOnlyList<AssetKey> assets,
        IReadOnlyList<AssignmentTarget> targets
    ) => Create(eventId, "DISASSOCIATE", assets, targets, (change, key, target) => change.Disassociate(key, target));

    /// <summary>Revokes every revocable asset of the targets. One notification can mix assets.</summary>
    public static AppleEvent Revoke(string eventId, LocationSnapshot now, IReadOnlyList<AssignmentTarget> targets)
    {
        var chosen = targets.ToHashSet();
        var tasks = now
            .Assignments.Keys.Where(key => chosen.Contains(key.Target) && now.Assets[key.Asset].Value.Revocable)
            .Select(key => Task(key.Asset, key.Target, change => change.Disassociate(key.Asset, key.Target)));
        return new(eventId, NotificationTypes.AssetManagement, "REVOKE", "assignments", Batches(tasks));
    }

    private static AppleEvent Create(
        string eventId,
        string action,
        IReadOnlyList<AssetKey> assets,
        IReadOnlyList<AssignmentTarget> targets,
        Func<RecordsChange, AssetKey, AssignmentTarget, int?> apply
    )
    {
        var batches = assets.SelectMany(key =>
            Batches(targets.Select(target => Task(key, target, change => apply(change, key, target))))
        );
        return new(eventId, NotificationTypes.AssetManagement, action, "assignments", [.. batches]);
    }

    private static IReadOnlyList<IReadOnlyList<EventTask>> Batches(IEnumerable<EventTask> tasks) =>
        [.. tasks.Chunk(AppleEvent.MaxBatch)];

    private static EventTask Task(AssetKey key, AssignmentTarget target, Func<RecordsChange, int?> apply) =>
        new(
            target.IsDevice ? new TaskSubject(key, null, target.Id) : new TaskSubject(key, target.Id, null),
            apply,
            _ => new JsonObject
            {
                ["adamId"] = key.AdamId,
                ["pricingParam"] = key.PricingParam,
                [target.IsDevice ? "serialNumber" : "clientUserId"] = target.Id,
            }
        );
}
