using System.Collections.Concurrent;
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
internal sealed class LocationCredentialCache(
    Database database,
    MemoryBudget budget,
    IOptions<IntakeOptions> options,
    TimeProvider time
) : IDisposable
{
    private readonly SemaphoreSlim refreshing = new(1);
    private FrozenDictionary<string, LocationCredentials> gates = FrozenDictionary<string, LocationCredentials>.Empty;

    /// <summary>The change counter's value that the gates stand for; -1 before the first load.</summary>
    public long Version { get; private set; } = -1;

    /// <summary>The secrets whose use is still to be written down.</summary>
    public ConcurrentQueue<SecretUsage> Touched { get; } = new();

    public IEnumerable<LocationCredentials> All => gates.Values;

    public LocationCredentials? Find(string locationId) => gates.GetValueOrDefault(locationId);

    /// <summary>Takes in what has changed; true where something had.</summary>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        // One after another: of two at once the older could replace the newer.
        await refreshing.WaitAsync(cancellationToken);
        try
        {
            return await LoadAsync(cancellationToken);
        }
        finally
        {
            refreshing.Release();
        }
    }

    private async Task<bool> LoadAsync(CancellationToken cancellationToken)
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

        // The one that Apple is known to use comes first: what does not fit is not accepted.
        var rows = await connection.QueryAsync<GateRow>(
            """
            select l.location_id LocationId, l.u_id UId, case when l.state = 'removed' then 1 else 0 end IsRemoved,
                s.secret_id SecretId, s.sha256
            from location l
            left join notification_secret s on s.location_id = l.location_id and s.state in ('pending', 'active', 'retiring')
            where l.state <> 'removed' or s.secret_id is not null
            order by l.location_id, case when s.state = 'active' then 0 else 1 end, s.secret_id desc
            """
        );
        Replace(rows.GroupBy(row => row.LocationId, StringComparer.Ordinal));
        Version = version;
        return true;
    }

    private void Replace(IEnumerable<IGrouping<string, GateRow>> locations)
    {
        Dictionary<string, LocationCredentials> next = new(StringComparer.Ordinal);
        foreach (var location in locations)
        {
            var gate =
                Find(location.Key)
                ?? new LocationCredentials(
                    location.Key,
                    new LocationRateLimiter(options.Value.DeliveriesPerSecondPerLocation, time),
                    new MemoryBudget(options.Value.LocationShare, budget)
                );
            var secrets = location.Where(row => row.Sha256 is not null).ToList();
            gate.AcceptedCredentials = new AcceptedCredentials(
                new AcceptedDigests(secrets.Select(row => row.Sha256!)),
                [.. secrets.Select(row => UseOf(gate, row.SecretId))],
                Encoding.UTF8.GetBytes(location.First().UId ?? ""),
                location.First().IsRemoved
            );
            next.Add(location.Key, gate);
        }

        gates = next.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public void Dispose() => refreshing.Dispose();

    private SecretUsage UseOf(LocationCredentials gate, long secretId) =>
        gate.AcceptedCredentials.Uses.FirstOrDefault(use => use.SecretId == secretId)
        ?? new SecretUsage(secretId, Touched);

    private sealed record GateRow
    {
        public required string LocationId { get; init; }

        public string? UId { get; init; }

        public bool IsRemoved { get; init; }

        public long SecretId { get; init; }

        public byte[]? Sha256 { get; init; }
    }
}
