using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Monitoring;

/// <summary>Short names of a location's problems other than its state. <c>locations show</c> has the details.</summary>
internal static class LocationWarnings
{
    public const string SettingsChanged = "settings-changed";

    public const string Silent = "silent";

    public const string CheckFailed = "check-failed";

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
        // Another owner is reported by the state.
        var differs = LocationDifferences
            .Read(location.Differences)
            .Any(one => one.Setting != LocationDifferences.Owner);
        string?[] warnings =
        [
            differs ? SettingsChanged : null,
            location.SilentSince is null ? null : Silent,
            location.Error is null ? null : CheckFailed,
        ];
        return [.. warnings.OfType<string>()];
    }
}
