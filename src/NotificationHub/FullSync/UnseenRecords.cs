using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;
using NotificationHub.Refetch.Planning;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>Finds the records that a full sync did not return.</summary>
// Outside the write transactions, because it may read a million rows.
internal sealed class UnseenRecords(Database database, AbsentRecords absent)
{
    private const int RowsAtOnce = 2000;

    public IAsyncEnumerable<string> FindAsync(
        FullSyncState fullSync,
        string after,
        CancellationToken cancellationToken
    ) =>
        absent.FindAsync(
            fullSync.LocationId,
            fullSync.Kind,
            KeyRange.All,
            fullSync.StartNumber!.Value,
            after,
            cancellationToken
        );

    /// <summary>Finds the active records of users for whom the read returned only retired records.</summary>
    public async IAsyncEnumerable<string> FindRetiredAsync(
        FullSyncState fullSync,
        string after,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var (locationId, kind, start) = (fullSync.LocationId, fullSync.Kind, fullSync.StartNumber);
        IReadOnlyList<SnapshotRow> rows;
        do
        {
            List<string> unseen;
            await using (var connection = await database.OpenReaderAsync(cancellationToken))
            {
                rows = await SnapshotRows.ReadPageAsync(connection, locationId, kind, after, RowsAtOnce);
                List<string> users =
                [
                    .. rows.Where(row => row.ReadNumber >= start && RecordKeys.ActiveUser(row.Key) != row.Key)
                        .Select(row => RecordKeys.ActiveUser(row.Key))
                        .Distinct(StringComparer.Ordinal),
                ];
                var active = await SnapshotRows.FindAsync(connection, locationId, kind, users);
                unseen = users.FindAll(user =>
                    active.GetValueOrDefault(user) is { Data: not null } row && row.ReadNumber < start
                );
            }

            foreach (var user in unseen)
            {
                yield return user;
            }

            after = rows.Count > 0 ? rows[^1].Key : after;
        } while (rows.Count == RowsAtOnce);
    }
}

/// <summary>Finds assets and subscriptions whose count differs from the number of known assignments.</summary>
internal sealed class CountMismatches(Database database)
{
    private const int RowsAtOnce = 500;

    /// <returns>The next key after <paramref name="after"/>, and the read of its assignments; null if there is none.</returns>
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
                var stated = row.Data is null ? 0 : counted.ReadAssignedCount(row.Data);
                if (stated is not null && stated != await CountKnownAsync(connection, fullSync, row.Key))
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

    private static Task<long> CountKnownAsync(DbConnection connection, FullSyncState fullSync, string key)
    {
        var range = KeyRange.Under(key);
        return connection.ExecuteScalarAsync<long>(
            $"""
            select count(*)
            from snapshot
            where location_id = @LocationId and kind = @KindName and {range.Condition} and data is not null
            """,
            new
            {
                fullSync.LocationId,
                fullSync.KindName,
                range.From,
                range.Below,
            }
        );
    }
}
