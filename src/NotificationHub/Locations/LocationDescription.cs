using System.Data.Common;
using Dapper;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

internal sealed record DescribeRequest(string LocationId) : LocationRequest(LocationId);

/// <summary>Everything that is known of one location. Nothing of a token or secret is in it but their times.</summary>
/// <param name="Location">Its row.</param>
/// <param name="Secrets">Its notification secrets, the newest first.</param>
/// <param name="Watch">What the last reads of Client Config found; null before the first.</param>
/// <param name="PendingTargets">How many records are still to be read.</param>
internal sealed record LocationDetails(
    Location Location,
    IReadOnlyList<StoredSecret> Secrets,
    CheckedLocation? Watch,
    long PendingTargets
)
{
    /// <summary>When the last post with one of the secrets came, in Unix milliseconds; null before the first.</summary>
    public long? LastNotificationAt => Secrets.Max(secret => secret.LastUsedAt);

    public IReadOnlyList<LocationDifference> Differences => LocationDifferences.Read(Watch?.Differences);
}

/// <summary>Reads together what is known of one location.</summary>
internal sealed class LocationDescription(Database database)
{
    private static readonly LocationRequestValidator Validator = new();

    /// <exception cref="LocationException">There is no such location.</exception>
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
