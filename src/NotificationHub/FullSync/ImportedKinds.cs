using System.Data.Common;
using NotificationHub.Snapshots;

namespace NotificationHub.FullSync;

/// <summary>The kinds of which all of a location's records were read before, so that a new one is new at Apple.</summary>
internal static class ImportedKinds
{
    public static async Task<IReadOnlySet<RecordKind>> ReadAsync(DbConnection connection, string locationId)
    {
        HashSet<RecordKind> known =
        [
            .. (await FullSyncStore.ReadAsync(connection, locationId))
                .Where(fullSync => fullSync.ImportedAt is not null)
                .Select(fullSync => fullSync.Kind),
        ];
        if (await LocationVersions.ReadUsersAsync(connection, locationId) is not null)
        {
            known.Add(RecordKind.User);
        }

        return known;
    }
}
