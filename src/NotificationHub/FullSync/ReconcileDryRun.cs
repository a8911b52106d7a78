using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>Finds the differences that a full sync would find, and writes nothing.</summary>
// The keys of the returned records are held in memory, because no read numbers are stored.
internal sealed class ReconcileDryRun(
    Database database,
    LocationApple apple,
    IOptions<FullSyncOptions> options,
    TimeProvider time
)
{
    private const int RowsAtOnce = 2000;

    public async IAsyncEnumerable<RecordDifference> FindAsync(
        Location location,
        RecordKind kind,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using var rate = new RequestRate(time, options.Value.RequestsPerSecond);
        var session = apple.Open(location, rate);
        var read = RefetchRead.CreateFull(kind);
        var number = await ReadNumberAsync(location.LocationId, cancellationToken);
        HashSet<string> returned = new(StringComparer.Ordinal);
        var isDisturbed = false;
        await foreach (var page in RecordReader.ReadAsync(session, read, cancellationToken))
        {
            isDisturbed |= page.VersionMoved;
            returned.UnionWith(page.Records.Select(record => record.Key));
            foreach (var difference in await CompareAsync(location.LocationId, kind, page, cancellationToken))
            {
                yield return difference;
            }
        }

        await foreach (var row in FindAbsentAsync(location.LocationId, kind, returned, number, cancellationToken))
        {
            if (!isDisturbed || await IsGoneAsync(session, read, row.Key, cancellationToken))
            {
                yield return new RecordDifference(row.Key, null, row.Data, After: null, IsNew: false);
            }
        }
    }

    private Task<long> ReadNumberAsync(string locationId, CancellationToken cancellationToken) =>
        database.ScalarAsync<long>(
            "select read_number from location where location_id = @locationId",
            new { locationId },
            cancellationToken
        );

    private async Task<IReadOnlyList<RecordDifference>> CompareAsync(
        string locationId,
        RecordKind kind,
        RecordPage page,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var known = await SnapshotRows.FindAsync(
            connection,
            locationId,
            kind,
            [.. page.Records.Select(record => record.Key)]
        );
        List<RecordDifference> differences =
        [
            .. page
                .Records.Where(record => known.GetValueOrDefault(record.Key)?.Data != record.Data)
                .Select(record => new RecordDifference(
                    record.Key,
                    record.AdamId,
                    known.GetValueOrDefault(record.Key)?.Data,
                    record.Data,
                    IsNew: !known.ContainsKey(record.Key)
                )),
        ];
        var pending = await PendingTargets.FindAsync(connection, locationId, kind, differences);
        return differences.FindAll(difference => !pending.Contains(difference.Key));
    }

    private async IAsyncEnumerable<SnapshotRow> FindAbsentAsync(
        string locationId,
        RecordKind kind,
        HashSet<string> returned,
        long number,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        IReadOnlyList<SnapshotRow> rows = [];
        do
        {
            var after = rows.Count == 0 ? "" : rows[^1].Key;
            rows = await database.ReadAsync(
                connection => SnapshotRows.ReadPageAsync(connection, locationId, kind, after, RowsAtOnce),
                cancellationToken
            );
            // A record that the running hub has read meanwhile is newer than this read.
            foreach (
                var row in rows.Where(row =>
                    row.Data is not null && row.ReadNumber <= number && !returned.Contains(row.Key)
                )
            )
            {
                yield return row;
            }
        } while (rows.Count == RowsAtOnce);
    }

    private static async Task<bool> IsGoneAsync(
        AppleSession session,
        RefetchRead read,
        string key,
        CancellationToken cancellationToken
    ) =>
        read.Narrow(key) is not { } narrow
        || !await RecordReader
            .ReadAsync(session, narrow, cancellationToken)
            .AnyAsync(page => page.Records.Any(record => record.Key == key), cancellationToken);
}
