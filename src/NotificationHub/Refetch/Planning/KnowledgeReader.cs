using System.Data.Common;
using System.Text.Json;
using Dapper;
using NotificationHub.Events;
using NotificationHub.FullSync;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Planning;

/// <summary>Looks up what <see cref="RefetchPlan"/> wants to know.</summary>
internal static class KnowledgeReader
{
    public static async Task<PlanStatistics> ReadAsync(
        DbConnection connection,
        string locationId,
        IReadOnlyList<ClaimedTarget> targets
    )
    {
        var fullSyncs = await FullSyncStore.ReadAsync(connection, locationId);
        return new PlanStatistics
        {
            UsersVersion = await LocationVersions.ReadUsersAsync(connection, locationId),
            AssignedCounts = await CountsAsync(RefetchResources.Assignments, RecordKind.Asset, HoldersOf),
            SeatCounts = await CountsAsync(RefetchResources.SubscriptionAssignments, RecordKind.Subscription, SeatsOf),
            Totals = fullSyncs
                .Where(fullSync => fullSync.KnownRecords is not null)
                .ToDictionary(fullSync => fullSync.Kind, fullSync => fullSync.KnownRecords!.Value),
        };

        async Task<Dictionary<string, long>> CountsAsync(string resource, RecordKind kind, Func<string, long?> count)
        {
            string[] keys = [.. targets.Where(target => target.Resource == resource).Select(target => target.Key)];
            var rows = await keys.InPartsAsync(part =>
                connection.QueryAsync<(string Key, string Data)>(
                    """
                    select "key", data
                    from snapshot
                    where location_id = @locationId and kind = @Name and "key" in @keys and data is not null
                    """,
                    new
                    {
                        locationId,
                        kind.Name,
                        keys = part.InList(),
                    }
                )
            );
            return rows.Select(row => (row.Key, Count: count(row.Data)))
                .Where(row => row.Count is not null)
                .ToDictionary(row => row.Key, row => row.Count!.Value, StringComparer.Ordinal);
        }
    }

    /// <summary>How many licences of an asset are in use.</summary>
    public static long? HoldersOf(string asset) =>
        JsonSerializer.Deserialize(asset, EventJsonContext.Wire.AssetRecord)?.AssignedCount;

    /// <summary>How many seats of a subscription are in use.</summary>
    public static long? SeatsOf(string subscription) =>
        JsonSerializer.Deserialize(subscription, EventJsonContext.Wire.SubscriptionRecord)?.Counts?.Assigned is { } used
            ? used.Renewing + used.Expiring
            : null;
}
