using System.Data.Common;
using NotificationHub.Snapshots;

namespace NotificationHub.FullSync;

/// <summary>The kinds of which all of a location's records were read before, so that a new one is new at Apple.</summary>
internal static class KnownKinds
{
    public static async Task<IReadOnlySet<SnapshotKind>> ReadAsync(DbConnection connection, string locationId)
    {
        HashSet<SnapshotKind> known =
        [
            .. (await SurveyStore.ReadAsync(connection, locationId))
                .Where(survey => survey.ImportedAt is not null)
                .Select(survey => survey.Kind),
        ];
        if (await LocationVersions.ReadUsersAsync(connection, locationId) is not null)
        {
            known.Add(SnapshotKind.User);
        }

        return known;
    }
}
