using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Hosting;

namespace NotificationHub.Storage.Leases;

/// <summary>Acquires leases for this replica and renews all of them in one transaction, every third of their duration.</summary>
internal sealed partial class LeaseKeeper(
    Database database,
    IOptions<StorageOptions> options,
    TimeProvider time,
    ILogger<LeaseKeeper> logger
) : PeriodicWorker("renew the leases", options.Value.LeaseDuration / 3, time, logger)
{
    // An expiry this far ahead means that the clock was set back: the lease is free. The duration is the owner's, because a rolling
    // upgrade may change the setting.
    public const string IsLive = "expires_at > @now and expires_at <= @now + 2 * duration";

    private readonly ConcurrentDictionary<string, Lease> held = new(StringComparer.Ordinal);

    /// <summary>The name of this replica, unique for each start of the process.</summary>
    public string Owner { get; } = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid():N}";

    public TimeSpan Duration => options.Value.LeaseDuration;

    public async Task<Lease?> TryAcquireAsync(string name, CancellationToken cancellationToken) =>
        await TryAcquireAsync([name], most: 1, cancellationToken) is [var lease] ? lease : null;

    /// <summary>Finds the leases that no other replica owns, without the writer.</summary>
    public async Task<IReadOnlyList<string>> FindFreeAsync(
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var now = await connection.ExecuteScalarAsync<DateTimeOffset>(database.Sql("Now"));
        var taken = await connection.QueryAsync<string>(
            $"""
            select name
            from lease
            where name in @names and owner is not null and owner <> @Owner and {IsLive}
            """,
            new
            {
                names = names.InList(),
                Owner,
                now,
            }
        );
        return [.. names.Except(taken, StringComparer.Ordinal)];
    }

    /// <summary>Acquires up to <paramref name="most"/> leases that no other replica owns, in one transaction.</summary>
    public async Task<IReadOnlyList<Lease>> TryAcquireAsync(
        IReadOnlyCollection<string> names,
        int most,
        CancellationToken cancellationToken
    )
    {
        var requestedAt = Time.GetTimestamp();
        var taken = await database.WriteAsync(transaction => TakeAsync(transaction, names, most), cancellationToken);
        foreach (var lease in taken)
        {
            lease.Extend(requestedAt, Duration);
            held[lease.Name] = lease;
            Log.Acquired(Logger, lease.Name, lease.FencingToken);
        }

        return taken;
    }

    /// <summary>Releases the lease, so that another replica need not wait until it expires.</summary>
    public Task ReleaseAsync(Lease lease, CancellationToken cancellationToken) =>
        ReleaseAsync([lease], cancellationToken);

    public async Task ReleaseAsync(IReadOnlyCollection<Lease> leases, CancellationToken cancellationToken)
    {
        foreach (var lease in leases)
        {
            held.TryRemove(new KeyValuePair<string, Lease>(lease.Name, lease));
            lease.MarkLost();
        }

        await database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    "update lease set owner = null, expires_at = 0 where name = @Name and owner = @Owner and fencing_token = @FencingToken",
                    leases.Select(lease => new
                    {
                        lease.Name,
                        lease.Owner,
                        lease.FencingToken,
                    })
                ),
            cancellationToken
        );
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        Lease[] leases = [.. held.Values];
        if (leases.Length == 0)
        {
            return;
        }

        try
        {
            await RenewAsync(leases, cancellationToken);
        }
        catch (LeaseRowBlockedException)
        {
            // A process that is paused in a transaction may lock one row. The other leases must be renewed.
            await Task.WhenAll(leases.Select(lease => RenewAsync([lease], cancellationToken)));
        }
    }

    private async Task RenewAsync(Lease[] leases, CancellationToken cancellationToken)
    {
        var requestedAt = Time.GetTimestamp();
        var kept = await database.WriteAsync(transaction => ExtendAsync(transaction, leases), cancellationToken);
        foreach (var lease in leases)
        {
            if (kept.Contains((lease.Name, lease.FencingToken)))
            {
                lease.Extend(requestedAt, Duration);
            }
            else if (held.TryRemove(new KeyValuePair<string, Lease>(lease.Name, lease)))
            {
                Log.Lost(Logger, lease.Name, lease.FencingToken);
                lease.MarkLost();
            }
        }
    }

    private async Task<List<Lease>> TakeAsync(WriteTransaction transaction, IReadOnlyCollection<string> names, int most)
    {
        List<Lease> taken = [];
        foreach (var name in names)
        {
            if (taken.Count < most && await TakeAsync(transaction, name) is { } fencingToken)
            {
                taken.Add(new Lease(name, Owner, fencingToken, Time));
            }
        }

        return taken;
    }

    private async Task<long?> TakeAsync(WriteTransaction transaction, string name)
    {
        var now = await transaction.NowAsync();
        await transaction.ExecuteAsync(
            """
            insert into lease (name, owner, fencing_token, expires_at, duration)
            select @name, null, 0, 0, 0
            where not exists (select 1 from lease where name = @name)
            """,
            new { name }
        );
        var taken = await transaction.ExecuteAsync(
            $"""
            update lease
            set owner = @Owner, fencing_token = fencing_token + 1, expires_at = @now + @duration, duration = @duration
            where name = @name and (owner = @Owner or not ({IsLive}))
            """,
            new
            {
                name,
                Owner,
                now,
                duration = Duration,
            }
        );
        return taken == 0
            ? null
            : await transaction.ScalarAsync<long>("select fencing_token from lease where name = @name", new { name });
    }

    private async Task<HashSet<(string Name, long FencingToken)>> ExtendAsync(
        WriteTransaction transaction,
        Lease[] leases
    )
    {
        var now = await transaction.NowAsync();
        try
        {
            await transaction.ExecuteAsync(
                """
                update lease
                set expires_at = @now + @duration, duration = @duration
                where owner = @Owner and expires_at > @now and name in @names
                """,
                new
                {
                    Owner,
                    now,
                    duration = Duration,
                    names = leases.Select(lease => lease.Name).ToList().InList(),
                },
                Duration / 6
            );
        }
        catch (DbException exception) when (exception.IsLockTimeout)
        {
            // The writer would retry until all leases have expired.
            throw new LeaseRowBlockedException(exception);
        }

        var kept = await transaction.QueryAsync<(string, long)>(
            "select name, fencing_token from lease where owner = @Owner and expires_at > @now",
            new { Owner, now }
        );
        return [.. kept];
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Acquired lease {Lease} with fencing token {FencingToken}.")]
        public static partial void Acquired(ILogger logger, string lease, long fencingToken);

        [LoggerMessage(
            LogLevel.Warning,
            "Lost lease {Lease} with fencing token {FencingToken}. Its work stops here; another replica may own it now."
        )]
        public static partial void Lost(ILogger logger, string lease, long fencingToken);
    }
}
