using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Monitoring;

/// <summary>What is the matter with locations beside their states, a word each: <c>locations show</c> tells the whole.</summary>
internal static class LocationWarnings
{
    /// <summary>Apple has it configured otherwise than it is recorded.</summary>
    public const string SettingsChanged = "settings-changed";

    /// <summary>It was not heard from for longer than it should be.</summary>
    public const string Silent = "silent";

    /// <summary>The last question how Apple has it configured was not answered.</summary>
    public const string CheckFailed = "check-failed";

    public static IReadOnlyList<string> Of(CheckedLocation watched)
    {
        List<string> words = [];
        // Another owner is the state's affair.
        if (LocationDifferences.Read(watched.Differences).Any(one => one.Setting != LocationDifferences.Owner))
        {
            words.Add(SettingsChanged);
        }

        if (watched.SilentSince is not null)
        {
            words.Add(Silent);
        }

        if (watched.Error is not null)
        {
            words.Add(CheckFailed);
        }

        return words;
    }

    /// <returns>By location; one without any is not there.</returns>
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
        ).ToDictionary(watched => watched.LocationId, Of, StringComparer.Ordinal);
}
