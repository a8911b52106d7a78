using System.Data.Common;
using Dapper;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Routing;

/// <param name="UId">Apple's ID of the location; null if unknown.</param>
/// <param name="Refetches">Whether the location has a content token, so that records can be read.</param>
internal sealed record RoutedLocation(string? UId, bool Refetches)
{
    public static RoutedLocation Unknown { get; } = new(UId: null, Refetches: false);
}

internal sealed class RoutingLocations(Database database)
{
    public static async Task<Dictionary<string, RoutedLocation>> ReadAsync(
        DbConnection connection,
        IEnumerable<NotificationEntry> page
    )
    {
        var locationIds = page.Select(entry => entry.LocationId).ToHashSet(StringComparer.Ordinal);
        var rows = await connection.QueryAsync<(string LocationId, string? UId, bool Refetches)>(
            """
            select location_id, u_id, case when receive_only = 0 and content_token is not null then 1 else 0 end
            from location
            where location_id in @locationIds
            """,
            new { locationIds = locationIds.InList() }
        );
        return rows.ToDictionary(
            row => row.LocationId,
            row => new RoutedLocation(row.UId, row.Refetches),
            StringComparer.Ordinal
        );
    }

    // A receive-only location takes the uId of its first accepted notification. From then on, the intake quarantines others.
    public async Task BindAsync(
        Lease lease,
        IReadOnlyList<NotificationEntry> page,
        Dictionary<string, RoutedLocation> locations,
        CancellationToken cancellationToken
    )
    {
        foreach (var (locationId, location) in locations.Where(pair => pair.Value.UId is null).ToList())
        {
            var first = page.FirstOrDefault(entry =>
                entry.LocationId == locationId && entry is { Disposition: Disposition.Accepted, UId.Length: > 0 }
            );
            if (first?.UId is { } uId && await TryBindAsync(lease, locationId, uId, cancellationToken))
            {
                locations[locationId] = location with { UId = uId };
            }
        }
    }

    private Task<bool> TryBindAsync(Lease lease, string locationId, string uId, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                // If another location has this uId, this one stays without: the hub could not distinguish them.
                var bound = await transaction.ExecuteAsync(
                    """
                    update location
                    set u_id = @uId
                    where location_id = @locationId and u_id is null and state <> 'removed'
                        and not exists (select 1 from location where u_id = @uId and state <> 'removed')
                    """,
                    new { locationId, uId }
                );
                if (bound == 0)
                {
                    return false;
                }

                await transaction.ExecuteAsync("update change_counter set value = value + 1 where name = 'locations'");
                transaction.OnCommit(transaction.Signals.LocationsChanged);
                return true;
            },
            cancellationToken
        );
}
