using System.Data.Common;
using Dapper;
using NotificationHub.Refetch.Planning;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>Finds what is said to be held by more or fewer than are known: of an asset its assignments, of a subscription its seats.</summary>
internal sealed class CountMismatches(Database database)
{
    private const int RowsAtOnce = 500;

    /// <returns>The next one behind <paramref name="after"/>, and the walk over its holders; null where there is none.</returns>
    public async Task<(string Key, RefetchRead Read)?> FindAsync(
        FullSyncState fullSync,
        string after,
        CancellationToken cancellationToken
    )
    {
        if (fullSync.Kind.CountedBy is not { } counted)
        {
            return null;
        }

        IReadOnlyList<SnapshotRow> rows;
        do
        {
            await using var connection = await database.OpenReaderAsync(cancellationToken);
            rows = await SnapshotRows.ReadPageAsync(connection, fullSync.LocationId, counted, after, RowsAtOnce);
            foreach (var row in rows)
            {
                var said = row.Data is null ? 0 : counted.ReadAssignedCount(row.Data);
                if (said is not null && said != await KnownAsync(connection, fullSync, row.Key))
                {
                    return (row.Key, Create(fullSync.Kind, row.Key));
                }

                after = row.Key;
            }
        } while (rows.Count == RowsAtOnce);

        return null;
    }

    private static RefetchRead Create(RecordKind kind, string key) =>
        kind == RecordKind.Assignment ? new AssignmentsRead(key) : new SubscriptionAssignmentsRead(key);

    private static Task<long> KnownAsync(DbConnection connection, FullSyncState fullSync, string key)
    {
        var range = KeyRange.Under(key);
        return connection.ExecuteScalarAsync<long>(
            $"""
            select count(*)
            from snapshot
            where location_id = @LocationId and kind = @Resource and {range.Condition} and data is not null
            """,
            new
            {
                fullSync.LocationId,
                fullSync.Resource,
                range.From,
                range.Below,
            }
        );
    }
}
