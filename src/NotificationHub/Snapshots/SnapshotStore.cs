using NotificationHub.Storage;

namespace NotificationHub.Snapshots;

/// <summary>What became of a chunk.</summary>
/// <param name="Before">
/// The numbers since the walk's first page under which some of the records were read before. One that is the walk's own says that a record came
/// twice: records moved between the pages.
/// </param>
internal readonly record struct ApplyOutcome(IReadOnlySet<long> Before);

/// <summary>
/// Takes in what reads state. A row of the snapshot accepts only a higher read number than it has, and its revision is the seq
/// of the event that last stated it, appended in the same transaction.
/// </summary>
internal static class SnapshotStore
{
    /// <summary>How many records are dealt with in one transaction.</summary>
    public const int ChunkSize = 100;

    /// <summary>The read number to send the next request under. Taken before it is sent.</summary>
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

    /// <summary>Takes in what a page stated, and tells of what is different.</summary>
    /// <param name="walkStart">The number of the walk's first page.</param>
    /// <param name="number">The number of the page.</param>
    public static async Task<ApplyOutcome> ApplyAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyCollection<SnapshotRecord> records,
        long walkStart,
        long number,
        long now
    )
    {
        var known = await SnapshotRows.FindAsync(transaction, read, [.. records.Select(record => record.Key)]);
        List<RecordDifference> changes = [];
        List<string> unchanged = [];
        HashSet<long> before = [];
        foreach (var record in records.DistinctBy(record => record.Key))
        {
            var row = known.GetValueOrDefault(record.Key);
            if (row is not null && row.ReadNumber >= walkStart && row.ReadNumber < number)
            {
                before.Add(row.ReadNumber);
            }

            if (row is not null && row.ReadNumber >= number)
            {
                continue;
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

        await SnapshotRows.TouchAsync(transaction, read, unchanged, number);
        await StateAsync(transaction, read, changes, number, now);
        return new ApplyOutcome(before);
    }

    /// <summary>Removes those of <paramref name="keys"/> that are there and that the walk did not return.</summary>
    public static async Task RemoveKeysAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyCollection<string> keys,
        long walkStart,
        long number,
        long now
    )
    {
        var known = await SnapshotRows.FindAsync(transaction, read, keys);
        await RemoveAsync(
            transaction,
            read,
            [.. known.Values.Where(row => row.Data is not null && row.ReadNumber < walkStart)],
            number,
            now
        );
    }

    private static Task RemoveAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyList<SnapshotRow> rows,
        long number,
        long now
    ) =>
        StateAsync(
            transaction,
            read,
            [
                .. rows.Select(row => new RecordDifference(
                    row.Key,
                    AdamIdOf(read, row.Key),
                    row.Data,
                    After: null,
                    IsNew: false
                )),
            ],
            number,
            now
        );

    private static async Task StateAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyList<RecordDifference> changes,
        long number,
        long now
    )
    {
        if (changes.Count == 0)
        {
            return;
        }

        var awaited = read.Cause == RecordChanges.Reconcile ? await read.FindPending(transaction, read, changes) : [];
        await SnapshotRows.SaveAsync(transaction, read, changes, number, now);
        var drifts =
            read.Cause == RecordChanges.Reconcile
                ? await DriftEvents.BeginAsync(
                    transaction,
                    read,
                    changes.Count(change => !awaited.Contains(change.Key)),
                    now
                )
                : null;
        transaction.AppendEvents(
            [.. changes.Select(change => RecordChanges.Create(ContextOf(read, change, awaited), change, now))],
            async seqs =>
            {
                var stated = changes.Zip(seqs).ToList();
                await SnapshotRows.SetRevisionsAsync(transaction, read, stated);
                var unexpected = stated.Where(pair => !awaited.Contains(pair.First.Key));
                transaction.AppendEvents(drifts?.Create(unexpected) ?? []);
            }
        );
    }

    /// <summary>What a notification has asked for and nobody has read yet is no drift: the full sync was only faster.</summary>
    private static ReadContext ContextOf(ReadContext read, RecordDifference change, HashSet<string> awaited) =>
        awaited.Contains(change.Key) ? read with { Cause = RecordChanges.Notification } : read;

    // Every key but a user's begins with it.
    private static string? AdamIdOf(ReadContext read, string key) =>
        read.Kind == RecordKind.User ? null : key.Split('/', 2)[0];
}
