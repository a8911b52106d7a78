using System.Data.Common;
using Dapper;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

internal static class PendingTargets
{
    private const string Select = """
        select "key"
        from refetch_target
        where location_id = @LocationId and resource = @KindName and "key" in @Keys and requested > fetched
        """;

    public static async Task<HashSet<string>> FindAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyCollection<RecordDifference> records
    ) =>
        Filter(
            read.Kind,
            records,
            await GetTargetKeys(read.Kind, records)
                .InPartsAsync<string, string>(async part =>
                    await transaction.QueryAsync<string>(Select, Parameters(read.LocationId, read.Kind, part))
                )
        );

    public static async Task<HashSet<string>> FindAsync(
        DbConnection connection,
        string locationId,
        RecordKind kind,
        IReadOnlyCollection<RecordDifference> records
    ) =>
        Filter(
            kind,
            records,
            await GetTargetKeys(kind, records)
                .InPartsAsync(part => connection.QueryAsync<string>(Select, Parameters(locationId, kind, part)))
        );

    private static IEnumerable<string> GetTargetKeys(RecordKind kind, IEnumerable<RecordDifference> records) =>
        records.Select(record => GetTargetKey(kind, record.Key)).Distinct(StringComparer.Ordinal);

    private static object Parameters(string locationId, RecordKind kind, IReadOnlyCollection<string> targets) =>
        new
        {
            LocationId = locationId,
            KindName = kind.Name,
            Keys = targets.InList(),
        };

    private static HashSet<string> Filter(
        RecordKind kind,
        IReadOnlyCollection<RecordDifference> records,
        IEnumerable<string> pending
    )
    {
        HashSet<string> targets = new(pending, StringComparer.Ordinal);
        return [.. records.Select(record => record.Key).Where(key => targets.Contains(GetTargetKey(kind, key)))];
    }

    /// <summary>The target's key for a record or a range of records.</summary>
    public static string GetTargetKey(RecordKind kind, string key) =>
        kind == RecordKind.Assignment ? RecordKeys.ParseAssignment(key).Asset
        : kind == RecordKind.User ? UserKeys.Parse(RecordKeys.ActiveUser(key))
        : kind == RecordKind.SubscriptionAssignment ? key[..key.IndexOf('/', StringComparison.Ordinal)]
        : key;
}
