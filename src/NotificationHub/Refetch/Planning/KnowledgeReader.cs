using System.Data.Common;
using System.Text.Json;
using Dapper;
using NotificationHub.Events;
using NotificationHub.Refetch.Snapshots;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Planning;

/// <summary>Looks up what <see cref="RefetchPlan"/> wants to know.</summary>
internal static class KnowledgeReader
{
    public static async Task<RefetchKnowledge> ReadAsync(
        DbConnection connection,
        string locationId,
        IReadOnlyList<ClaimedTarget> targets
    )
    {
        var version = await LocationVersions.ReadUsersAsync(connection, locationId);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var target in targets.Where(target => target.Resource == RefetchResources.Assignments))
        {
            if (await ReadAssignedCountAsync(connection, locationId, target.Key) is { } count)
            {
                counts[target.Key] = count;
            }
        }

        return new RefetchKnowledge(version, counts);
    }

    private static async Task<long?> ReadAssignedCountAsync(DbConnection connection, string locationId, string asset) =>
        await connection.ExecuteScalarAsync<string?>(
            "select data from snapshot where location_id = @locationId and kind = @Kind and key = @asset",
            new
            {
                locationId,
                Kind = SnapshotKind.Asset.Name,
                asset,
            }
        )
            is { } data
            ? JsonSerializer.Deserialize(data, EventJsonContext.Wire.AssetRecord)?.AssignedCount
            : null;
}
