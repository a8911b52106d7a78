using System.Runtime.CompilerServices;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>Finds the records that a full sync did not return.</summary>
// Outside the write transactions, because it may read a million rows.
internal sealed class UnseenRecords(Database database, AbsentRecords absent)
{
    private const int RowsAtOnce = 2000;

    /// <returns>The keys in order, in pages; no page is empty.</returns>
    public IAsyncEnumerable<IReadOnlyList<string>> FindAsync(
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
