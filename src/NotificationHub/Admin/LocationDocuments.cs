using System.Data.Common;
using Dapper;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Locations.Secrets;
using NotificationHub.Locations.Takeovers;

namespace NotificationHub.Admin;

// Not the row with some members ignored: a column that is added must not become public by itself.
/// <summary>A location, without tokens, secrets and digests.</summary>
internal sealed record LocationDocument(
    string Id,
    string? UId,
    string? Name,
    string State,
    string? StateReason,
    DateTimeOffset StateSince,
    bool ReceiveOnly,
    string? MdmId,
    string? NotificationUrl,
    IReadOnlyList<string> NotificationTypes,
    DateTimeOffset? TokenExpiresAt,
    bool TokenReadOnly,
    DateTimeOffset? RegisteredAt,
    DateTimeOffset? RemovedAt
)
{
    /// <summary>Problems in addition to the state, from <see cref="LocationWarnings"/>.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Progress of full syncs; null before the first and for locations that are not read.</summary>
    public LocationProgress? Progress { get; init; }

    public static LocationDocument From(Location location) =>
        new(
            Id: location.LocationId,
            UId: location.UId,
            Name: location.Name,
            State: location.StateName,
            StateReason: location.StateReason,
            StateSince: location.StateSince,
            ReceiveOnly: location.ReceiveOnly,
            MdmId: location.MdmId,
            NotificationUrl: location.NotificationUrl,
            NotificationTypes: LocationStore.ReadTypes(location.NotificationTypes),
            TokenExpiresAt: location.TokenExpiresAt,
            TokenReadOnly: location.TokenReadOnly,
            RegisteredAt: location.RegisteredAt,
            RemovedAt: location.RemovedAt
        );

    public static async Task<IReadOnlyList<LocationDocument>> ReadAsync(
        DbConnection connection,
        params IReadOnlyCollection<Location> locations
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

/// <param name="NotificationTypes">The types that it received.</param>
/// <param name="Restorable">Whether a removal can restore its URL: not if Apple did not return its secret.</param>
internal sealed record ReplacedServerDocument(
    string Host,
    IReadOnlyList<string> NotificationTypes,
    DateTimeOffset ReplacedAt,
    bool Restorable
)
{
    public static ReplacedServerDocument From(ReplacedConfiguration replaced) =>
        new(
            replaced.Host,
            LocationStore.ReadTypes(replaced.NotificationTypes),
            replaced.ReplacedAt,
            replaced.IsRestorable
        );

    public static ReplacedServerDocument? FromOptional(ReplacedConfiguration? replaced) =>
        replaced is null ? null : From(replaced);
}

internal sealed record LocationDetailsDocument
{
    public required LocationDocument Location { get; init; }

    public required IReadOnlyList<StoredSecret> Secrets { get; init; }

    public DateTimeOffset? LastNotificationAt { get; init; }

    public DateTimeOffset? SilentSince { get; init; }

    public required long PendingTargets { get; init; }

    /// <summary>When Apple last returned the location's Client Config.</summary>
    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>Why Apple has not returned it since.</summary>
    public string? CheckError { get; init; }

    public required IReadOnlyList<LocationDifference> Differences { get; init; }

    /// <summary>The server whose URL the hub replaced at Apple; null if there was none.</summary>
    public ReplacedServerDocument? ReplacedServer { get; init; }

    public static async Task<LocationDetailsDocument> ReadAsync(DbConnection connection, string locationId)
    {
        var location =
            await LocationStore.FindAsync(connection, locationId) ?? throw LocationException.NotFound(locationId);
        var secrets = await SecretStore.ListAsync(connection, locationId);
        var check = await LocationCheckStore.FindAsync(connection, locationId);
        var replaced = await ReplacedConfigurations.FindAsync(connection, locationId);
        return new LocationDetailsDocument
        {
            Location = (await LocationDocument.ReadAsync(connection, location))[0],
            Secrets = secrets,
            LastNotificationAt = secrets.Max(secret => secret.LastUsedAt),
            SilentSince = check?.SilentSince,
            PendingTargets = await connection.ExecuteScalarAsync<long>(
                "select count(*) from refetch_target where location_id = @locationId and requested > fetched",
                new { locationId }
            ),
            CheckedAt = check?.CheckedAt,
            CheckError = check?.Error,
            Differences = LocationDifferences.Read(check?.Differences),
            ReplacedServer = ReplacedServerDocument.FromOptional(replaced),
        };
    }
}
