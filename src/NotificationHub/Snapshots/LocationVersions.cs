using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Snapshots;

/// <summary>The statements over <c>snapshot_state</c>: the version after which changed users can be requested.</summary>
internal static class LocationVersions
{
    private const string Users = "users";

    private const string Select =
        "select version_id from snapshot_state where location_id = @locationId and resource = @Users";

    public static Task<string?> ReadUsersAsync(DbConnection connection, string locationId) =>
        connection.ExecuteScalarAsync<string?>(Select, new { locationId, Users });

    public static Task<string?> ReadUsersAsync(WriteTransaction transaction, string locationId) =>
        transaction.ScalarAsync<string>(Select, new { locationId, Users });

    /// <param name="versionId">Null to read all users next time.</param>
    public static async Task SetUsersAsync(WriteTransaction transaction, string locationId, string? versionId)
    {
        await transaction.ExecuteAsync(
            "delete from snapshot_state where location_id = @locationId and resource = @Users",
            new { locationId, Users }
        );
        if (versionId is not null)
        {
            await transaction.ExecuteAsync(
                "insert into snapshot_state (location_id, resource, version_id) values (@locationId, @Users, @versionId)",
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
