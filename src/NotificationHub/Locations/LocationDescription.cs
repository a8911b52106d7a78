using System.Data.Common;
using Dapper;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

internal sealed record DescribeRequest(string LocationId) : LocationRequest(LocationId);

/// <summary>What the hub knows of a location, without tokens and secrets.</summary>
/// <param name="Secrets">Newest first.</param>
/// <param name="Check">The result of the last reads of Client Config; null before the first.</param>
internal sealed record LocationDetails(
    Location Location,
    IReadOnlyList<StoredSecret> Secrets,
    CheckedLocation? Check,
    long PendingTargets
)
{
    /// <summary>When the last notification arrived, in Unix milliseconds.</summary>
    public DateTimeOffset? LastNotificationAt => Secrets.Max(secret => secret.LastUsedAt);

    public IReadOnlyList<LocationDifference> Differences => LocationDifferences.Read(Check?.Differences);
}

internal sealed class LocationDescription(Database database)
{
    private static readonly LocationRequestValidator Validator = new();

    public async Task<LocationDetails> DescribeAsync(DescribeRequest request, CancellationToken cancellationToken)
    {
        Validator.Ensure(request);
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await LocationStore.FindAsync(connection, request.LocationId) is { } location
            ? new LocationDetails(
                location,
                await SecretStore.ListAsync(connection, location.LocationId),
                await LocationCheckStore.FindAsync(connection, location.LocationId),
                await CountTargetsAsync(connection, location.LocationId)
            )
            : throw LocationException.NotFound(request.LocationId);
    }

    private static Task<long> CountTargetsAsync(DbConnection connection, string locationId) =>
        connection.ExecuteScalarAsync<long>(
            "select count(*) from refetch_target where location_id = @locationId and requested > fetched",
            new { locationId }
        );
}
