using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Snapshots;

internal static class ImportedKinds
{
    private const string KnownCounts =
        "select resource, known_records from full_sync where location_id = @locationId and known_records is not null";

    /// <summary>The kinds whose records were all read before, so that a record without a snapshot is new at Apple.</summary>
    public static async Task<IReadOnlySet<RecordKind>> ReadAsync(DbConnection connection, string locationId)
    {
        HashSet<RecordKind> imported =
        [
            .. (
                await connection.QueryAsync<string>(
                    "select resource from full_sync where location_id = @locationId and imported_at is not null",
                    new { locationId }
                )
            ).Select(RecordKind.FromName),
        ];
        if (await LocationVersions.ReadUsersAsync(connection, locationId) is not null)
        {
            imported.Add(RecordKind.User);
        }

        return imported;
    }

    public static async Task<IReadOnlyDictionary<RecordKind, long>> ReadCountsAsync(
        DbConnection connection,
        string locationId
    ) => ByKind(await connection.QueryAsync<(string, long)>(KnownCounts, new { locationId }));

    public static async Task<IReadOnlyDictionary<RecordKind, long>> ReadCountsAsync(
        WriteTransaction transaction,
        string locationId
    ) => ByKind(await transaction.QueryAsync<(string, long)>(KnownCounts, new { locationId }));

    private static Dictionary<RecordKind, long> ByKind(IEnumerable<(string Kind, long Count)> rows) =>
        rows.ToDictionary(row => RecordKind.FromName(row.Kind), row => row.Count);
}
