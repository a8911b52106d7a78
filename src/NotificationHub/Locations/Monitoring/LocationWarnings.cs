using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Monitoring;

/// <summary>Short names of a location's problems other than its state. <c>locations show</c> has the details.</summary>
internal static class LocationWarnings
{
    /// <summary>Apple has other settings than recorded.</summary>
    public const string SettingsChanged = "settings-changed";

    /// <summary>No notification has arrived for too long.</summary>
    public const string Silent = "silent";

    /// <summary>The last read of Client Config failed.</summary>
    public const string CheckFailed = "check-failed";

    /// <returns>By location, without locations that have no warnings.</returns>
    public static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ReadAsync(
        DbConnection connection,
        IReadOnlyCollection<string> locationIds
    ) =>
        (
            await locationIds.InPartsAsync(part =>
                connection.QueryAsync<CheckedLocation>(
                    """
                    select location_id LocationId, due_at DueAt, error, differences, silent_since SilentSince
                    from location_check
                    where location_id in @locationIds and (error is not null or differences is not null or silent_since is not null)
                    """,
                    new { locationIds = part.InList() }
                )
            )
        ).ToDictionary(location => location.LocationId, Find, StringComparer.Ordinal);

    private static IReadOnlyList<string> Find(CheckedLocation location)
    {
        List<string> warnings = [];
        // Another owner is reported by the state.
        if (LocationDifferences.Read(location.Differences).Any(one => one.Setting != LocationDifferences.Owner))
        {
            warnings.Add(SettingsChanged);
        }

        if (location.SilentSince is not null)
        {
            warnings.Add(Silent);
        }

        if (location.Error is not null)
        {
            warnings.Add(CheckFailed);
        }

        return warnings;
    }
}
