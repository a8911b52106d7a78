using NotificationHub.Storage;

namespace NotificationHub.Snapshots;

/// <summary>The read numbers of a read's first page and of the current page.</summary>
internal readonly record struct ReadNumbers(long First, long Page);

// A row accepts only a higher read number than its own. Its revision is the seq of its last event.
internal static class SnapshotStore
{
    public const int ChunkSize = 100;

    /// <summary>Takes the read number of a page, before its request is sent.</summary>
    public static async Task<long> TakeReadNumberAsync(WriteTransaction transaction, string locationId)
    {
        await transaction.ExecuteAsync(
            "update location set read_number = read_number + 1 where location_id = @locationId",
            new { locationId }
        );
        return await transaction.ScalarAsync<long>(
            "select read_number from location where location_id = @locationId",
            new { locationId }
        );
    }

    /// <returns>The read numbers, since the first page, under which records were already stored: Apple returned these records twice.</returns>
    public static async Task<IReadOnlySet<long>> ApplyAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyCollection<SnapshotRecord> records,
        ReadNumbers numbers,
        DateTimeOffset now
    )
    {
        var known = await SnapshotRows.FindAsync(
            transaction.Connection,
            read.LocationId,
            read.Kind,
            [.. records.Select(record => record.Key)]
        );
        List<RecordDifference> changes = [];
        List<string> unchanged = [];
        HashSet<long> before = [];
        foreach (var record in records.DistinctBy(record => record.Key))
        {
            var row = known.GetValueOrDefault(record.Key);
            if (row?.ReadNumber >= numbers.Page)
            {
                continue;
            }

            if (row?.ReadNumber >= numbers.First)
            {
                before.Add(row.ReadNumber);
            }

            if (row?.Data == record.Data && row.Revision >= read.RestateFrom)
            {
                unchanged.Add(record.Key);
            }
            else
            {
                changes.Add(new(record.Key, record.AdamId, row?.Data, record.Data, IsNew: row is null));
            }
        }

        await SnapshotRows.TouchAsync(transaction, read, unchanged, numbers.Page);
        await AppendChangesAsync(transaction, read, changes, numbers.Page, now);
        return before;
    }

    /// <summary>Removes the records, except those that were stored since the read began.</summary>
    public static async Task RemoveKeysAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyCollection<string> keys,
        ReadNumbers numbers,
        DateTimeOffset now
    )
    {
        var known = await SnapshotRows.FindAsync(transaction.Connection, read.LocationId, read.Kind, keys);
        var removed = known
            .Values.Where(row => row.Data is not null && row.ReadNumber < numbers.First)
            .Select(row => new RecordDifference(
                row.Key,
                RecordKeys.GetAdamId(read.Kind, row.Key),
                row.Data,
                After: null,
                IsNew: false
            ));
        await AppendChangesAsync(transaction, read, [.. removed], numbers.Page, now);
    }

    private static async Task AppendChangesAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyList<RecordDifference> changes,
        long number,
        DateTimeOffset now
    )
    {
        if (changes.Count == 0)
        {
            return;
        }

        var isReconcile = read.Cause == RecordChanges.Reconcile;
        var pending = isReconcile
            ? await read.FindPending(transaction.Connection, read.LocationId, read.Kind, changes)
            : [];
        await SnapshotRows.SaveAsync(transaction, read, changes, number, now);
        var drifts = isReconcile
            ? await DriftEvents.BeginAsync(
                transaction,
                read,
                changes.Count(change => !pending.Contains(change.Key)),
                now
            )
            : null;
        transaction.AppendEvents(
            [.. changes.Select(change => RecordChanges.Create(WithCause(read, change, pending), change, now))],
            async seqs =>
            {
                var stated = changes.Zip(seqs).ToList();
                await SnapshotRows.SetRevisionsAsync(transaction, read, stated);
                var unexpected = stated.Where(pair => !pending.Contains(pair.First.Key));
                transaction.AppendEvents(drifts?.Create(unexpected) ?? []);
            }
        );
    }

    // A record with a pending target is no drift: the full sync was only faster than the refetch.
    private static ReadContext WithCause(ReadContext read, RecordDifference change, HashSet<string> pending) =>
        pending.Contains(change.Key) ? read with { Cause = RecordChanges.Notification } : read;
}
