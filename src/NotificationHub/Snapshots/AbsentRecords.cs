using System.Runtime.CompilerServices;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Snapshots;

/// <summary>
/// Finds the records that a complete read did not return. This runs outside the write transactions, because it may scan a million records;
/// the transaction that removes a record checks it again.
/// </summary>
internal sealed class AbsentRecords(Database database)
{
    private const int RowsAtOnce = 2000;

    /// <summary>Finds the keys after <paramref name="after"/>, in order, of existing records that were last read under a lower number.</summary>
    /// <param name="start">The number of the read's first page.</param>
    /// <returns>Page by page; no page is empty.</returns>
    public async IAsyncEnumerable<IReadOnlyList<string>> FindAsync(
        string locationId,
        RecordKind kind,
        KeyRange range,
        long start,
        string after,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        IReadOnlyList<(string Key, long ReadNumber, long IsThere)> rows;
        do
        {
            rows = await ReadPageAsync(locationId, kind, range, after, cancellationToken);
            List<string> absent =
            [
                .. rows.Where(row => row.IsThere == 1 && row.ReadNumber < start).Select(row => row.Key),
            ];
            if (absent.Count > 0)
            {
                yield return absent;
            }

            after = rows.Count > 0 ? rows[^1].Key : after;
        } while (rows.Count == RowsAtOnce);
    }

    private async Task<IReadOnlyList<(string Key, long ReadNumber, long IsThere)>> ReadPageAsync(
        string locationId,
        RecordKind kind,
        KeyRange range,
        string after,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return (
            await connection.QueryAsync<(string, long, long)>(
                $"""
                select "key", read_number, case when data is null then 0 else 1 end
                from snapshot
                where location_id = @locationId and kind = @Name and "key" > @after and {range.Condition}
                order by "key"
                {connection.Limit("@RowsAtOnce")}
                """,
                new
                {
                    locationId,
                    kind.Name,
                    after,
                    range.From,
                    range.Below,
                    RowsAtOnce,
                }
            )
        ).AsList();
    }
}
