using System.Data.Common;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;

namespace NotificationHub.Admin;

/// <summary>A location, without tokens, secrets and digests.</summary>
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

    /// <summary>Problems in addition to the state, from <see cref="LocationWarnings"/>.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Progress of full syncs; null before the first and for locations that are not read.</summary>
    public LocationProgress? Progress { get; init; }

    public static LocationDocument From(Location location) =>
        new()
        {
            Id = location.LocationId,
            UId = location.UId,
            Name = location.Name,
            State = location.StateName,
            StateReason = location.StateReason,
            StateSince = location.StateSince,
            ReceiveOnly = location.ReceiveOnly,
            MdmId = location.MdmId,
            NotificationUrl = location.NotificationUrl,
            NotificationTypes = LocationStore.ReadTypes(location.NotificationTypes),
            TokenExpiresAt = location.TokenExpiresAt,
            RegisteredAt = location.RegisteredAt,
            RemovedAt = location.RemovedAt,
        };

    public static async Task<IReadOnlyList<LocationDocument>> ReadAsync(
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
                From(location) with
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
}
