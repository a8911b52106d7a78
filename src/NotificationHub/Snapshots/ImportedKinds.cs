using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Snapshots;

internal static class ImportedKinds
{
    /// <summary>The kinds whose records were all read before, so that a record without a snapshot is new at Apple.</summary>
    public static async Task<IReadOnlySet<RecordKind>> ReadAsync(DbConnection connection, string locationId)
    {
        HashSet<RecordKind> imported =
        [
            .. (
                await connection.QueryAsync<string>(
                    "select kind from full_sync where location_id = @locationId and imported_at is not null",
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
    ) =>
        (
            await connection.QueryAsync<(string Kind, long Count)>(
                "select kind, known_records from full_sync where location_id = @locationId and known_records is not null",
                new { locationId }
            )
        ).ToDictionary(row => RecordKind.FromName(row.Kind), row => row.Count);
}

/// <summary>The statements over <c>snapshot_state</c>: the version after which changed users can be requested.</summary>
internal static class LocationVersions
{
    private const string Users = "users";

    public static Task<string?> ReadUsersAsync(DbConnection connection, string locationId) =>
        connection.ExecuteScalarAsync<string?>(
            "select version_id from snapshot_state where location_id = @locationId and kind = @Users",
            new { locationId, Users }
        );

    public static async Task SetUsersAsync(WriteTransaction transaction, string locationId, string? versionId)
    {
        await transaction.ExecuteAsync(
            "delete from snapshot_state where location_id = @locationId and kind = @Users",
            new { locationId, Users }
        );
        if (versionId is not null)
        {
            await transaction.ExecuteAsync(
                "insert into snapshot_state (location_id, kind, version_id) values (@locationId, @Users, @versionId)",
                new
                {
                    locationId,
                    Users,
                    versionId,
                }
            );
        }
    }
}
