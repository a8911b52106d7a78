using NotificationHub.Storage;

namespace NotificationHub.Refetch.Snapshots;

/// <summary>Which records a notification has asked for that are still waiting to be read.</summary>
internal static class AwaitedRecords
{
    public static async Task<HashSet<string>> FindAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyCollection<RecordDifference> records
    )
    {
        var waiting = await transaction.QueryAsync<string>(
            """
            select key
            from refetch_target
            where location_id = @LocationId and resource = @Resource and key in @Keys and requested > fetched
            """,
            new
            {
                read.LocationId,
                Resource = ResourceOf(read.Kind),
                Keys = records.Select(record => TargetOf(read.Kind, record.Key)).Distinct(StringComparer.Ordinal),
            }
        );
        HashSet<string> targets = new(waiting, StringComparer.Ordinal);
        return [.. records.Select(record => record.Key).Where(key => targets.Contains(TargetOf(read.Kind, key)))];
    }

    private static string ResourceOf(SnapshotKind kind) =>
        kind == SnapshotKind.Asset ? RefetchResources.Asset
        : kind == SnapshotKind.Assignment ? RefetchResources.Assignments
        : kind == SnapshotKind.User ? RefetchResources.User
        : kind == SnapshotKind.Subscription ? RefetchResources.Subscription
        : RefetchResources.SubscriptionAssignments;

    private static string TargetOf(SnapshotKind kind, string key) =>
        kind == SnapshotKind.Assignment ? RecordKeys.ParseAssignment(key).Asset
        : kind == SnapshotKind.User ? UserKeys.Parse(RecordKeys.ActiveUser(key))
        : kind == SnapshotKind.SubscriptionAssignment ? key[..key.IndexOf('/', StringComparison.Ordinal)]
        : key;
}
