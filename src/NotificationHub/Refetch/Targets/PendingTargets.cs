using System.Data.Common;
using Dapper;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <summary>Which records a notification has asked for that are still waiting to be read.</summary>
internal static class PendingTargets
{
    private const string Select = """
        select "key"
        from refetch_target
        where location_id = @LocationId and resource = @KindName and "key" in @Keys and requested > fetched
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
        RecordKind kind,
        IReadOnlyCollection<RecordDifference> records
    ) =>
        Choose(
            kind,
            records,
            await TargetsOf(kind, records)
                .InPartsAsync(part => connection.QueryAsync<string>(Select, Parameters(locationId, kind, part)))
        );

    private static IEnumerable<string> TargetsOf(RecordKind kind, IEnumerable<RecordDifference> records) =>
        records.Select(record => TargetOf(kind, record.Key)).Distinct(StringComparer.Ordinal);

    private static object Parameters(string locationId, RecordKind kind, IReadOnlyCollection<string> targets) =>
        new
        {
            LocationId = locationId,
            KindName = kind.Name,
            Keys = targets.InList(),
        };

    private static HashSet<string> Choose(
        RecordKind kind,
        IReadOnlyCollection<RecordDifference> records,
        IEnumerable<string> waiting
    )
    {
        HashSet<string> targets = new(waiting, StringComparer.Ordinal);
        return [.. records.Select(record => record.Key).Where(key => targets.Contains(TargetOf(kind, key)))];
    }

    /// <summary>The key of the target of a record or a range of records.</summary>
    public static string TargetOf(RecordKind kind, string key) =>
        kind == RecordKind.Assignment ? RecordKeys.ParseAssignment(key).Asset
        : kind == RecordKind.User ? UserKeys.Parse(RecordKeys.ActiveUser(key))
        : kind == RecordKind.SubscriptionAssignment ? key[..key.IndexOf('/', StringComparison.Ordinal)]
        : key;
}
