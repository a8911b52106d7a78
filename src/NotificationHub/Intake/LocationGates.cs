using System.Collections.Frozen;
using System.Text;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;

namespace NotificationHub.Intake;

/// <summary>
/// The accepted secrets of every location, in memory. A post never causes a look-up in the database: a stranger could cause
/// any number of them.
/// </summary>
internal sealed class LocationGates(Database database, IOptions<IntakeOptions> options, TimeProvider time)
{
    private FrozenDictionary<string, LocationGate> gates = FrozenDictionary<string, LocationGate>.Empty;

    /// <summary>The change counter's value that the gates stand for; -1 before the first load.</summary>
    public long Version { get; private set; } = -1;

    public IEnumerable<LocationGate> All => gates.Values;

    public LocationGate? Find(string locationId) => gates.GetValueOrDefault(locationId);

    /// <summary>Takes in what has changed; true where something had.</summary>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        // Read before the rows: should they be newer than it says, the next look loads them once more.
        var version = await connection.ExecuteScalarAsync<long>(
            "select value from change_counter where name = 'locations'"
        );
        if (version == Version)
        {
            return false;
        }

        var rows = await connection.QueryAsync<(string LocationId, string? UId, byte[]? Sha256)>(
            """
            select l.location_id, l.u_id, s.sha256
            from location l
            left join notification_secret s on s.location_id = l.location_id and s.state in ('pending', 'active', 'retiring')
            order by l.location_id, s.secret_id desc
            """
        );
        Replace(rows.GroupBy(row => row.LocationId, StringComparer.Ordinal));
        Version = version;
        return true;
    }

    private void Replace(IEnumerable<IGrouping<string, (string LocationId, string? UId, byte[]? Sha256)>> locations)
    {
        Dictionary<string, LocationGate> next = new(StringComparer.Ordinal);
        foreach (var location in locations)
        {
            var gate =
                Find(location.Key)
                ?? new LocationGate(location.Key, new PostRate(options.Value.PostsPerSecondPerLocation, time));
            gate.Admission = new Admission(
                new AcceptedDigests(location.Where(row => row.Sha256 is not null).Select(row => row.Sha256!)),
                Encoding.UTF8.GetBytes(location.First().UId ?? "")
            );
            next.Add(location.Key, gate);
        }

        gates = next.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
