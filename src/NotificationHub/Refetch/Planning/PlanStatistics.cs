using System.Data.Common;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

/// <summary>The stored facts by which the plan chooses between reads.</summary>
internal sealed record PlanStatistics
{
    public static readonly PlanStatistics Empty = new();

    /// <summary>The version after which changed users can be requested; null before the first read of all users.</summary>
    public string? UsersVersion { get; init; }

    /// <summary>The number of assignments that the asset or subscription of a target states.</summary>
    public IReadOnlyDictionary<(RecordKind Kind, string Key), long> AssignedCounts { get; init; } =
        new Dictionary<(RecordKind, string), long>();

    /// <summary>The number of records of each kind at the end of its last full sync.</summary>
    public IReadOnlyDictionary<RecordKind, long> Totals { get; init; } = new Dictionary<RecordKind, long>();

    public static async Task<PlanStatistics> ReadAsync(
        DbConnection connection,
        string locationId,
        IReadOnlyList<ClaimedTarget> targets
    )
    {
        Dictionary<(RecordKind Kind, string Key), long> counts = [];
        foreach (var group in targets.GroupBy(target => target.Kind).Where(group => group.Key.CountedBy is not null))
        {
            var records = await SnapshotRows.FindAsync(
                connection,
                locationId,
                group.Key.CountedBy!,
                [.. group.Select(target => target.Key)]
            );
            foreach (var record in records.Values.Where(record => record.Data is not null))
            {
                if (group.Key.CountedBy!.ReadAssignedCount(record.Data!) is { } count)
                {
                    counts[(group.Key, record.Key)] = count;
                }
            }
        }

        return new PlanStatistics
        {
            UsersVersion = await LocationVersions.ReadUsersAsync(connection, locationId),
            AssignedCounts = counts,
            Totals = await ImportedKinds.ReadCountsAsync(connection, locationId),
        };
    }
}
