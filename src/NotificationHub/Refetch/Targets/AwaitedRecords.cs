using System.Data.Common;
using Dapper;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <summary>Which records a notification has asked for that are still waiting to be read.</summary>
internal static class AwaitedRecords
{
    private const string Select = """
        select "key"
        from refetch_target
        where location_id = @LocationId and resource = @Resource and "key" in @Keys and requested > fetched
        """;

    /// <returns>The keys of those of the records that are waited for.</returns>
    public static async Task<HashSet<string>> FindAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyCollection<RecordDifference> records
    ) =>
        Choose(
            read.Kind,
            records,
            await TargetsOf(read.Kind, records)
                .InPartsAsync<string, string>(async part =>
                    await transaction.QueryAsync<string>(Select, Parameters(read.LocationId, read.Kind, part))
                )
        );

    public static async Task<HashSet<string>> FindAsync(
        DbConnection connection,
        string locationId,
        SnapshotKind kind,
        IReadOnlyCollection<RecordDifference> records
    ) =>
        Choose(
            kind,
            records,
            await TargetsOf(kind, records)
                .InPartsAsync(part => connection.QueryAsync<string>(Select, Parameters(locationId, kind, part)))
        );

    private static IEnumerable<string> TargetsOf(SnapshotKind kind, IEnumerable<RecordDifference> records) =>
        records.Select(record => TargetOf(kind, record.Key)).Distinct(StringComparer.Ordinal);

    private static object Parameters(string locationId, SnapshotKind kind, IReadOnlyCollection<string> targets) =>
        new
        {
            LocationId = locationId,
            Resource = ResourceOf(kind),
            Keys = targets.InList(),
        };

    private static HashSet<string> Choose(
        SnapshotKind kind,
        IReadOnlyCollection<RecordDifference> records,
        IEnumerable<string> waiting
    )
    {
        HashSet<string> targets = new(waiting, StringComparer.Ordinal);
        return [.. records.Select(record => record.Key).Where(key => targets.Contains(TargetOf(kind, key)))];
    }

    private static string ResourceOf(SnapshotKind kind) =>
        kind == SnapshotKind.Asset ? RefetchResources.Asset
        : kind == SnapshotKind.Assignment ? RefetchResources.Assignments
        : kind == SnapshotKind.User ? RefetchResources.User
        : kind == SnapshotKind.Subscription ? RefetchResources.Subscription
        : RefetchResources.SubscriptionAssignments;

    /// <summary>The key of the target of a record or a range of records.</summary>
    public static string TargetOf(SnapshotKind kind, string key) =>
        kind == SnapshotKind.Assignment ? RecordKeys.ParseAssignment(key).Asset
        : kind == SnapshotKind.User ? UserKeys.Parse(RecordKeys.ActiveUser(key))
        : kind == SnapshotKind.SubscriptionAssignment ? key[..key.IndexOf('/', StringComparison.Ordinal)]
        : key;
}
