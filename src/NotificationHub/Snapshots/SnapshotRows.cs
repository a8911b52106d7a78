using System.Data.Common;
using System.Text.Json;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Snapshots;

/// <summary>A stored record; <see cref="Data"/> is null after its removal.</summary>
internal sealed record SnapshotRow
{
    public required string Key { get; init; }

    public string? Data { get; init; }

    public required long ReadNumber { get; init; }

    public required long Revision { get; init; }
}

internal static class SnapshotRows
{
    private const string Select = "select \"key\", data, read_number ReadNumber, revision from snapshot";

    public static async Task<Dictionary<string, SnapshotRow>> FindAsync(
        DbConnection connection,
        string locationId,
        RecordKind kind,
        IReadOnlyCollection<string> keys
    ) =>
        (
            await keys.InPartsAsync(part =>
                connection.QueryAsync<SnapshotRow>(
                    $"{Select} where location_id = @locationId and kind = @Name and \"key\" in @keys",
                    new
                    {
                        locationId,
                        kind.Name,
                        keys = part.InList(),
                    }
                )
            )
        ).ToDictionary(row => row.Key, StringComparer.Ordinal);

    public static Task<IReadOnlyList<SnapshotRow>> ReadPageAsync(
        DbConnection connection,
        string locationId,
        RecordKind kind,
        string after,
        int limit
    ) =>
        connection.ListAsync<SnapshotRow>(
            $"{Select} where location_id = @locationId and kind = @Name and \"key\" > @after order by \"key\" {connection.Limit("@limit")}",
            new
            {
                locationId,
                kind.Name,
                after,
                limit,
            }
        );

    public static Task<long> CountAsync(DbConnection connection, string locationId, RecordKind kind) =>
        connection.ExecuteScalarAsync<long>(
            "select count(*) from snapshot where location_id = @locationId and kind = @Name and data is not null",
            new { locationId, kind.Name }
        );

    public static async Task TouchAsync(WriteTransaction transaction, ReadContext read, List<string> keys, long number)
    {
        if (keys.Count > 0)
        {
            await transaction.ExecuteAsync(
                """
                update snapshot
                set read_number = @number
                where location_id = @LocationId and kind = @KindName and "key" in @keys
                """,
                read,
                new { keys = keys.InList(), number }
            );
        }
    }

    public static Task SaveAsync(
        WriteTransaction transaction,
        ReadContext read,
        IReadOnlyCollection<RecordDifference> changes,
        long number,
        DateTimeOffset now
    ) =>
        transaction.ExecuteAsync(
            transaction.Sql("SaveRecords"),
            read,
            new
            {
                Rows = JsonSerializer.Serialize(changes.Select(change => new[] { change.Key, change.After })),
                number,
                now,
            }
        );

    /// <summary>Sets the revision of each record to the <c>seq</c> of its event.</summary>
    public static Task SetRevisionsAsync(
        WriteTransaction transaction,
        ReadContext read,
        IEnumerable<(RecordDifference Change, long Revision)> stated
    ) =>
        transaction.ExecuteAsync(
            transaction.Sql("SetRevisions"),
            read,
            new
            {
                Rows = JsonSerializer.Serialize(stated.Select(pair => new object[] { pair.Change.Key, pair.Revision })),
            }
        );
}

/// <param name="Data">Canonical JSON: equal texts mean equal records.</param>
internal sealed record SnapshotRecord(string Key, string Data, string? AdamId);

/// <param name="Below">The exclusive end; empty for no end, null for the single key <paramref name="From"/>.</param>
internal sealed record KeyRange(string From, string? Below = null)
{
    // Without an end, because the engines differ in which key is the last.
    public static readonly KeyRange All = new("", "");

    // '0' is the character after the slash.
    public static KeyRange Under(string key) => new($"{key}/", $"{key}0");

    public string Condition =>
        Below switch
        {
            null => "\"key\" = @From",
            "" => "\"key\" >= @From",
            _ => "\"key\" >= @From and \"key\" < @Below",
        };
}
