using System.Data.Common;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <summary>A location as commands print it: no token, no secret, no digest.</summary>
internal sealed record LocationDocument
{
    public required string Id { get; init; }

    public string? UId { get; init; }

    public string? Name { get; init; }

    public required string State { get; init; }

    public string? StateReason { get; init; }

    public required DateTimeOffset StateSince { get; init; }

    public required bool ReceiveOnly { get; init; }

    public string? MdmId { get; init; }

    public string? NotificationUrl { get; init; }

    public required IReadOnlyList<string> NotificationTypes { get; init; }

    public DateTimeOffset? TokenExpiresAt { get; init; }

    public DateTimeOffset? RegisteredAt { get; init; }

    public DateTimeOffset? RemovedAt { get; init; }

    /// <summary>What is the matter with it beside its state, a word each: of <see cref="LocationWarnings"/>.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How far the reading of the whole location is; null where it has not begun, or nothing is read: of a receive-only one, and of one that was removed.</summary>
    public LocationProgress? Progress { get; init; }

    /// <summary>The row alone: for one that has just been added and is never read.</summary>
    public static LocationDocument Of(Location location) =>
        new()
        {
            Id = location.LocationId,
            UId = location.UId,
            Name = location.Name,
            State = location.StateName,
            StateReason = location.StateReason,
            StateSince = DateTimeOffset.FromUnixTimeMilliseconds(location.StateSince),
            ReceiveOnly = location.ReceiveOnly,
            MdmId = location.MdmId,
            NotificationUrl = location.NotificationUrl,
            NotificationTypes = LocationStore.ReadTypes(location.NotificationTypes),
            TokenExpiresAt = TimeOf(location.TokenExpiresAt),
            RegisteredAt = TimeOf(location.RegisteredAt),
            RemovedAt = TimeOf(location.RemovedAt),
        };

    /// <summary>The location as it is printed, with all that is known of it now.</summary>
    public static async Task<LocationDocument> OfAsync(
        Database database,
        Location location,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return (await OfAsync(connection, [location]))[0];
    }

    /// <summary>The locations as they are printed, with all that is known of each.</summary>
    public static async Task<IReadOnlyList<LocationDocument>> OfAsync(
        DbConnection connection,
        IReadOnlyCollection<Location> locations
    )
    {
        string[] ids = [.. locations.Select(location => location.LocationId)];
        var progress = await LocationProgress.ReadAsync(connection, ids);
        var warnings = await LocationWarnings.ReadAsync(connection, ids);
        return
        [
            .. locations.Select(location =>
                Of(location) with
                {
                    Warnings =
                        location.State == LocationState.Removed
                            ? []
                            : warnings.GetValueOrDefault(location.LocationId) ?? [],
                    Progress = progress.GetValueOrDefault(location.LocationId),
                }
            ),
        ];
    }

    public static DateTimeOffset? TimeOf(long? milliseconds) =>
        milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
}

/// <summary>A page of the locations.</summary>
/// <param name="Next">The location to ask on after; null where there are no more.</param>
internal sealed record LocationPage(IReadOnlyList<LocationDocument> Locations, string? Next)
{
    public static async Task<LocationPage> ReadAsync(DbConnection connection, string? after, int limit)
    {
        // One more than asked for tells whether there is another page.
        var page = await LocationStore.ListAsync(connection, after, limit + 1);
        var locations = await LocationDocument.OfAsync(connection, [.. page.Take(limit)]);
        return new LocationPage(locations, page.Count > limit ? locations[^1].Id : null);
    }
}
