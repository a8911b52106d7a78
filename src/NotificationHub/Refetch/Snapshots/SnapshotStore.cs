using NotificationHub.Storage;

namespace NotificationHub.Refetch.Snapshots;

/// <summary>What became of a chunk.</summary>
/// <param name="Repeated">A record had come before in the same walk: records moved between the pages.</param>
internal readonly record struct ApplyOutcome(bool Repeated);

/// <summary>
/// The statements over <c>snapshot</c>. A row accepts only a higher read number than it has, and its revision is the seq of
/// the event that last stated it, appended in the same transaction.
/// </summary>
internal sealed class SnapshotStore(Database database)
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
    public async Task<ApplyOutcome> ApplyAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyCollection<SnapshotRecord> records,
        long walkStart,
        long number,
        long now
    )
    {
        var known = await FindAsync(transaction, read, [.. records.Select(record => record.Key)]);
        List<Change> changes = [];
        List<string> unchanged = [];
        var repeated = false;
        foreach (var record in records.DistinctBy(record => record.Key))
        {
            var row = known.GetValueOrDefault(record.Key);
            repeated |= row is not null && row.ReadNumber >= walkStart && row.ReadNumber < number;
            if (row is not null && row.ReadNumber >= number)
            {
                continue;
            }

            if (row?.Data == record.Data)
            {
                unchanged.Add(record.Key);
            }
            else
            {
                changes.Add(new Change(record.Key, record.AdamId, row?.Data, record.Data, IsNew: row is null));
            }
        }

        await TouchAsync(transaction, read, unchanged, number);
        await StateAsync(transaction, read, changes, number, now);
        return new ApplyOutcome(repeated);
    }

    /// <summary>Removes records of a scope that a complete walk did not return, up to a chunk of them.</summary>
    /// <returns>False where more of them are left.</returns>
    public async Task<bool> RemoveAbsentAsync(
        WriteTransaction transaction,
        ReadContext read,
        KeyRange range,
        long walkStart,
        long number,
        long now
    )
    {
        var absent = await FindAbsentAsync(transaction, read, range, walkStart);
        await RemoveAsync(transaction, read, absent, number, now);
        return absent.Count < ChunkSize;
    }

    /// <summary>Removes those of <paramref name="keys"/> that are there and that the walk did not return.</summary>
    public async Task RemoveKeysAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyCollection<string> keys,
        long walkStart,
        long number,
        long now
    )
    {
        var known = await FindAsync(transaction, read, keys);
        await RemoveAsync(
            transaction,
            read,
            [.. known.Values.Where(row => row.Data is not null && row.ReadNumber < walkStart)],
            number,
            now
        );
    }

    /// <summary>The records of a scope that a walk did not return.</summary>
    public static Task<IReadOnlyList<SnapshotRow>> FindAbsentAsync(
        WriteTransaction transaction,
        ReadContext read,
        KeyRange range,
        long walkStart
    ) =>
        transaction.QueryAsync<SnapshotRow>(
            $"""
            select key, data, read_number ReadNumber
            from snapshot
            where location_id = @LocationId and kind = @Kind and {range.Condition}
                and read_number < @walkStart and data is not null
            order by key
            limit @ChunkSize
            """,
            new
            {
                read.LocationId,
                Kind = read.Kind.Name,
                range.From,
                range.Below,
                walkStart,
                ChunkSize,
            }
        );

    private static async Task<Dictionary<string, SnapshotRow>> FindAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyCollection<string> keys
    ) =>
        keys.Count == 0
            ? []
            : (
                await transaction.QueryAsync<SnapshotRow>(
                    """
                    select key, data, read_number ReadNumber
                    from snapshot
                    where location_id = @LocationId and kind = @Kind and key in @keys
                    """,
                    new
                    {
                        read.LocationId,
                        Kind = read.Kind.Name,
                        keys,
                    }
                )
            ).ToDictionary(row => row.Key, StringComparer.Ordinal);

    private static async Task TouchAsync(WriteTransaction transaction, ReadContext read, List<string> keys, long number)
    {
        if (keys.Count > 0)
        {
            await transaction.ExecuteAsync(
                """
                update snapshot
                set read_number = @number
                where location_id = @LocationId and kind = @Kind and key in @keys
                """,
                new
                {
                    read.LocationId,
                    Kind = read.Kind.Name,
                    keys,
                    number,
                }
            );
        }
    }

    private Task RemoveAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyList<SnapshotRow> rows,
        long number,
        long now
    ) =>
        StateAsync(
            transaction,
            read,
            [.. rows.Select(row => new Change(row.Key, AdamIdOf(read, row.Key), row.Data, After: null, IsNew: false))],
            number,
            now
        );

    private async Task StateAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyList<Change> changes,
        long number,
        long now
    )
    {
        var seqs = await EventLog.AppendAsync(
            transaction,
            database,
            [
                .. changes.Select(change =>
                    RecordChanges.Create(
                        read,
                        change.Key,
                        change.AdamId,
                        change.Before,
                        change.After,
                        change.IsNew,
                        now
                    )
                ),
            ]
        );
        foreach (var (change, revision) in changes.Zip(seqs))
        {
            await transaction.ExecuteAsync(
                change.IsNew ? Insert : Update,
                new
                {
                    read.LocationId,
                    Kind = read.Kind.Name,
                    change.Key,
                    Data = change.After,
                    number,
                    revision,
                    now,
                }
            );
        }
    }

    // Every key but a user's begins with it.
    private static string? AdamIdOf(ReadContext read, string key) =>
        read.Kind == SnapshotKind.User ? null : key.Split('/', 2)[0];

    private const string Insert = """
        insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
        values (@LocationId, @Kind, @Key, @Data, @number, @revision, @now)
        """;

    // The row of a record that is gone stays: its revision and read number outlive it.
    private const string Update = """
        update snapshot
        set data = @Data, read_number = @number, revision = @revision, changed_at = @now
        where location_id = @LocationId and kind = @Kind and key = @Key
        """;

    private sealed record Change(string Key, string? AdamId, string? Before, string? After, bool IsNew);
}

/// <summary>A record as it is kept; <see cref="Data"/> null: it is gone.</summary>
internal sealed record SnapshotRow
{
    public required string Key { get; init; }

    public string? Data { get; init; }

    public required long ReadNumber { get; init; }
}
