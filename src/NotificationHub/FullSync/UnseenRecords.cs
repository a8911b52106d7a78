using System.Runtime.CompilerServices;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

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
    public IAsyncEnumerable<IReadOnlyList<string>> FindRetiredAsync(
        FullSyncState fullSync,
        string after,
        CancellationToken cancellationToken
    ) =>
        ReadAsync(
                fullSync,
                after,
                rows =>
                    rows.Where(row =>
                            row.ReadNumber >= fullSync.StartNumber && RecordKeys.ActiveUser(row.Key) != row.Key
                        )
                        .Select(row => RecordKeys.ActiveUser(row.Key))
                        .Distinct(StringComparer.Ordinal),
                cancellationToken
            )
            .Select((keys, cancellation) => NotReturnedAsync(fullSync, keys, cancellation))
            .Where(keys => keys.Count > 0);

    private async ValueTask<IReadOnlyList<string>> NotReturnedAsync(
        FullSyncState fullSync,
        IReadOnlyList<string> keys,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var rows = await SnapshotRows.FindAsync(connection, fullSync.LocationId, fullSync.Kind, keys);
        return
        [
            .. keys.Where(key =>
                rows.GetValueOrDefault(key) is { Data: not null } row && row.ReadNumber < fullSync.StartNumber
            ),
        ];
    }

    private async IAsyncEnumerable<IReadOnlyList<string>> ReadAsync(
        FullSyncState fullSync,
        string after,
        Func<IReadOnlyList<SnapshotRow>, IEnumerable<string>> choose,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        IReadOnlyList<SnapshotRow> rows;
        do
        {
            await using (var connection = await database.OpenReaderAsync(cancellationToken))
            {
                rows = await SnapshotRows.ReadPageAsync(
                    connection,
                    fullSync.LocationId,
                    fullSync.Kind,
                    after,
                    RowsAtOnce
                );
            }

            List<string> chosen = [.. choose(rows)];
            if (chosen.Count > 0)
            {
                yield return chosen;
            }

            after = rows.Count > 0 ? rows[^1].Key : after;
        } while (rows.Count == RowsAtOnce);
    }
}
