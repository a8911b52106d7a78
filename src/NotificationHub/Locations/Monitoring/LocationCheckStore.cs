using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Monitoring;

/// <summary>A row of <c>location_check</c>.</summary>
internal sealed record CheckedLocation
{
    public required string LocationId { get; init; }

    public required DateTimeOffset DueAt { get; init; }

    public DateTimeOffset? CheckedAt { get; init; }

    public string? Error { get; init; }

    public string? Differences { get; init; }

    /// <summary>When the location was reported as silent; null if it is not silent.</summary>
    public DateTimeOffset? SilentSince { get; init; }
}

/// <summary>The statements over <c>location_check</c>.</summary>
internal static class LocationCheckStore
{
    public static Task<CheckedLocation?> FindAsync(DbConnection connection, string locationId) =>
        connection.QueryFirstOrDefaultAsync<CheckedLocation>(
            """
            select location_id LocationId, due_at DueAt, checked_at CheckedAt, error, differences, silent_since SilentSince
            from location_check
            where location_id = @locationId
            """,
            new { locationId }
        );

    /// <returns>Whether the differences changed.</returns>
    public static async Task<bool> RecordAsync(
        WriteTransaction transaction,
        string locationId,
        string? error,
        string? differences,
        DateTimeOffset now
    )
    {
        await AddAsync(transaction, locationId, now);
        if (error is not null)
        {
            await transaction.ExecuteAsync(
                "update location_check set error = @error where location_id = @locationId",
                new { locationId, error }
            );
            return false;
        }

        var before = await transaction.ScalarAsync<string?>(
            "select differences from location_check where location_id = @locationId",
            new { locationId }
        );
        await transaction.ExecuteAsync(
            """
            update location_check
            set checked_at = @now, error = null, differences = @differences
            where location_id = @locationId
            """,
            new
            {
                locationId,
                differences,
                now,
            }
        );
        return differences != before;
    }

    public static async Task ScheduleAsync(WriteTransaction transaction, string locationId, DateTimeOffset dueAt)
    {
        await AddAsync(transaction, locationId, dueAt);
        await transaction.ExecuteAsync(
            "update location_check set due_at = @dueAt where location_id = @locationId",
            new { locationId, dueAt }
        );
    }

    public static async Task SetSilentAsync(
        WriteTransaction transaction,
        string locationId,
        DateTimeOffset? since,
        DateTimeOffset now
    )
    {
        await AddAsync(transaction, locationId, now);
        await transaction.ExecuteAsync(
            "update location_check set silent_since = @since where location_id = @locationId",
            new { locationId, since }
        );
    }

    private static Task AddAsync(WriteTransaction transaction, string locationId, DateTimeOffset dueAt) =>
        transaction.ExecuteAsync(
            """
            insert into location_check (location_id, due_at)
            select @locationId, @dueAt
            where not exists (select 1 from location_check where location_id = @locationId)
            """,
            new { locationId, dueAt }
        );
}

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
