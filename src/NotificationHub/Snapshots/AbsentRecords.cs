using System.Runtime.CompilerServices;
using NotificationHub.Storage;

namespace NotificationHub.Snapshots;

/// <summary>Finds the records that a complete read did not return.</summary>
// This runs outside the write transactions, because it may scan a million records; the transaction that removes a record
// checks it again.
internal sealed class AbsentRecords(Database database)
{
    private const int RowsAtOnce = 2000;

    /// <returns>The keys after <paramref name="after"/> of records with a lower read number, in order.</returns>
    public async IAsyncEnumerable<string> FindAsync(
        string locationId,
        RecordKind kind,
        KeyRange range,
        long firstNumber,
        string after,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        IReadOnlyList<(string Key, long ReadNumber, long Exists)> rows;
        do
        {
            rows = await ReadPageAsync(locationId, kind, range, after, cancellationToken);
            foreach (var row in rows.Where(row => row.Exists == 1 && row.ReadNumber < firstNumber))
            {
                yield return row.Key;
            }

            after = rows.Count > 0 ? rows[^1].Key : after;
        } while (rows.Count == RowsAtOnce);
    }

    private Task<IReadOnlyList<(string Key, long ReadNumber, long Exists)>> ReadPageAsync(
        string locationId,
        RecordKind kind,
        KeyRange range,
        string after,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                connection.ListAsync<(string, long, long)>(
                    $"""
                    select "key", read_number, case when data is null then 0 else 1 end
                    from snapshot
                    where location_id = @locationId and kind = @Name and "key" > @after and {range.Condition}
                    order by "key"
                    {connection.Limit(RowsAtOnce)}
                    """,
                    new
                    {
                        locationId,
                        kind.Name,
                        after,
                        range.From,
                        range.Below,
                    }
                ),
            cancellationToken
        );
}

/// <summary>A complete read that lacked too many known records, and must be confirmed by a second read.</summary>
internal sealed record RemovalDoubt(long Number, DateTimeOffset At)
{
    public static RemovalDoubt? Create(long? number, DateTimeOffset? at) =>
        number is { } known && at is { } time ? new RemovalDoubt(known, time) : null;
}

/// <param name="IsAnnounced">Whether a notification reported the removal of the range's only record.</param>
internal sealed record RemovalScope(KeyRange Range, RemovalDoubt? Doubt, bool IsNotified, bool IsAnnounced = false);
