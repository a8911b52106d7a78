using System.Data.Common;
using Dapper;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

internal static class PendingTargets
{
    public static async Task<HashSet<string>> FindAsync(
        DbConnection connection,
        string locationId,
        RecordKind kind,
        IReadOnlyCollection<RecordDifference> records
    )
    {
        var pending = await records
            .Select(record => GetTargetKey(kind, record.Key))
            .Distinct(StringComparer.Ordinal)
            .InPartsAsync(part =>
                connection.QueryAsync<string>(
                    """
                    select "key"
                    from refetch_target
                    where location_id = @locationId and kind = @Name and "key" in @keys and requested > fetched
                    """,
                    new
                    {
                        locationId,
                        kind.Name,
                        keys = part.InList(),
                    }
                )
            );
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
