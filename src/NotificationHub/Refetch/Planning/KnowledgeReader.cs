using System.Data.Common;
using System.Text.Json;
using Dapper;
using NotificationHub.Events;
using NotificationHub.Refetch.Snapshots;
using NotificationHub.Refetch.Surveys;
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
        var surveys = await SurveyStore.ReadAsync(connection, locationId);
        return new RefetchKnowledge
        {
            UsersVersion = await LocationVersions.ReadUsersAsync(connection, locationId),
            AssignedCounts = await CountsAsync(
                RefetchResources.Assignments,
                SnapshotKind.Asset,
                data => JsonSerializer.Deserialize(data, EventJsonContext.Wire.AssetRecord)?.AssignedCount
            ),
            SeatCounts = await CountsAsync(
                RefetchResources.SubscriptionAssignments,
                SnapshotKind.Subscription,
                data => SeatsOf(JsonSerializer.Deserialize(data, EventJsonContext.Wire.SubscriptionRecord))
            ),
            Totals = surveys
                .Where(survey => survey.KnownRecords is not null)
                .ToDictionary(survey => survey.Kind, survey => survey.KnownRecords!.Value),
        };

        async Task<Dictionary<string, long>> CountsAsync(string resource, SnapshotKind kind, Func<string, long?> count)
        {
            string[] keys = [.. targets.Where(target => target.Resource == resource).Select(target => target.Key)];
            var rows = await connection.QueryAsync<(string Key, string Data)>(
                """
                select key, data
                from snapshot
                where location_id = @locationId and kind = @Name and key in @keys and data is not null
                """,
                new
                {
                    locationId,
                    kind.Name,
                    keys,
                }
            );
            return rows.Select(row => (row.Key, Count: count(row.Data)))
                .Where(row => row.Count is not null)
                .ToDictionary(row => row.Key, row => row.Count!.Value, StringComparer.Ordinal);
        }
    }

    private static long? SeatsOf(SubscriptionRecord? subscription) =>
        subscription?.Counts?.Assigned is { } assigned ? assigned.Renewing + assigned.Expiring : null;
}
