using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;

namespace NotificationHub.Intake;

/// <summary>A location as the intake knows it. A change creates a copy, which shares the limits and counters.</summary>
internal sealed record LocationCredentials(string LocationId, LocationRateLimiter Rate, MemoryBudget Budget)
{
    private readonly StrongBox<long> unauthorized = new();

    public byte[] LocationIdUtf8 { get; } = Encoding.UTF8.GetBytes(LocationId);

    public AcceptedDigests Digests { get; init; } = AcceptedDigests.UnknownLocation;

    /// <summary>A counter for each digest, in the same order.</summary>
    public IReadOnlyList<SecretUsage> Usages { get; init; } = [];

    public byte[] UId { get; init; } = [];

    public bool IsRemoved { get; init; }

    public void CountUnauthorized(long count = 1) => Interlocked.Add(ref unauthorized.Value, count);

    public long TakeUnauthorized() => Interlocked.Exchange(ref unauthorized.Value, 0);
}

/// <summary>The accepted secrets of all locations, in memory: an unauthenticated request must never cause a query.</summary>
internal sealed class LocationCredentialCache(
    Database database,
    MemoryBudget budget,
    IOptions<IntakeOptions> options,
    TimeProvider time
) : IDisposable
{
    private readonly SemaphoreSlim refreshing = new(1);
    private FrozenDictionary<string, LocationCredentials> locations = FrozenDictionary<
        string,
        LocationCredentials
    >.Empty;

    /// <summary>The change counter's value when the cache was loaded; -1 before the first load.</summary>
    public long Version { get; private set; } = -1;

    public ConcurrentQueue<SecretUsage> Used { get; } = new();

    public IEnumerable<LocationCredentials> All => locations.Values;

    public LocationCredentials? Find(string locationId) => locations.GetValueOrDefault(locationId);

    /// <summary>Loads the locations if they have changed, and returns whether they had.</summary>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        // Of two simultaneous loads, the older result could replace the newer one.
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

    public void Dispose() => refreshing.Dispose();

    private async Task<bool> LoadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        // Read the version before the rows: if the rows are newer, the next refresh loads them again.
        var version = await connection.ExecuteScalarAsync<long>(
            "select value from change_counter where name = 'locations'"
        );
        if (version == Version)
        {
            return false;
        }

        // The active secret first, then the newest: a location has a limited number of slots.
        var rows = await connection.QueryAsync<SecretRow>(
            """
            select l.location_id LocationId, l.u_id UId, case when l.state = 'removed' then 1 else 0 end IsRemoved,
                s.secret_id SecretId, s.sha256
            from location l
            left join notification_secret s on s.location_id = l.location_id and s.state in ('pending', 'active', 'retiring')
            where l.state <> 'removed' or s.secret_id is not null
            order by l.location_id, case when s.state = 'active' then 0 else 1 end, s.secret_id desc
            """
        );
        locations = rows.GroupBy(row => row.LocationId, StringComparer.Ordinal)
            .Select(ToCredentials)
            .ToFrozenDictionary(location => location.LocationId, StringComparer.Ordinal);
        Version = version;
        return true;
    }

    private LocationCredentials ToCredentials(IGrouping<string, SecretRow> rows)
    {
        var location =
            Find(rows.Key)
            ?? new LocationCredentials(
                rows.Key,
                new LocationRateLimiter(options.Value.DeliveriesPerSecondPerLocation, time),
                new MemoryBudget(options.Value.LocationShare, budget)
            );
        var secrets = rows.Where(row => row.Sha256 is not null).ToList();
        return location with
        {
            Digests = new AcceptedDigests(secrets.Select(row => row.Sha256!)),
            Usages =
            [
                .. secrets.Select(row =>
                    location.Usages.FirstOrDefault(usage => usage.SecretId == row.SecretId)
                    ?? new SecretUsage(row.SecretId, Used)
                ),
            ],
            UId = Encoding.UTF8.GetBytes(rows.First().UId ?? ""),
            IsRemoved = rows.First().IsRemoved,
        };
    }

    private sealed record SecretRow
    {
        public required string LocationId { get; init; }

        public string? UId { get; init; }

        public bool IsRemoved { get; init; }

        public long SecretId { get; init; }

        public byte[]? Sha256 { get; init; }
    }
}

// The generic cell rate algorithm: one number is the time at which all deliveries so far are paid for. It needs no lock and no timer,
// because every delivery passes here.
internal sealed class LocationRateLimiter(int perSecond, TimeProvider time)
{
    private const int BurstSeconds = 10;

    private readonly long perDelivery = Math.Max(1, time.TimestampFrequency / perSecond);
    private readonly long burst = BurstSeconds * time.TimestampFrequency;
    private long paidUntil = time.GetTimestamp();

    /// <summary>Charges one delivery, or returns the seconds until the next one is allowed.</summary>
    public bool TryTake(out string retryAfter) => TryTake(1, out retryAfter);

    /// <summary>Charges several deliveries as soon as one is allowed; the deficit delays later deliveries.</summary>
    public bool TryTake(int deliveries, out string retryAfter)
    {
        while (true)
        {
            var now = time.GetTimestamp();
            var before = Interlocked.Read(ref paidUntil);
            var start = Math.Max(before, now);
            var missing = start + perDelivery - now - burst;
            if (missing > 0)
            {
                retryAfter = Math.Ceiling((double)missing / time.TimestampFrequency)
                    .ToString(CultureInfo.InvariantCulture);
                return false;
            }

            if (Interlocked.CompareExchange(ref paidUntil, start + (deliveries * perDelivery), before) == before)
            {
                retryAfter = "";
                return true;
            }
        }
    }

    public void Return(int deliveries) => Interlocked.Add(ref paidUntil, -deliveries * perDelivery);
}
