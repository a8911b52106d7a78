using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Monitoring;

// Periodically compares each location's Client Config with the recorded one, and rotates its secret when due. It reports settings of other
// parties but never changes them. A location that Apple has closed is verified once a day, and reopened when Apple accepts its content
// token and returns the recorded owner.
internal sealed partial class ConfigurationMonitor(
    Database database,
    LocationCheck check,
    LocationRotation rotation,
    ContentTokenProtector protector,
    IOptions<LocationOptions> options,
    ILogger<ConfigurationMonitor> logger
)
{
    private const int BatchRows = 50;

    // Apple may take minutes to respond for one location, which must not delay the others.
    private const int Parallelism = 8;

    private static readonly TimeSpan ClosedVerifyInterval = TimeSpan.FromDays(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMinutes(15);

    /// <returns>Whether more locations may be due.</returns>
    public async Task<bool> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        if (!protector.IsReady)
        {
            return false;
        }

        var due = await ReadDueAsync(cancellationToken);
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
            async (location, cancellation) =>
            {
                var (locationId, isNew, isClosed) = location;
                var wait = isClosed ? ClosedVerifyInterval : options.Value.VerifyInterval;
                if (!isNew && !await VerifyAsync(locationId, isClosed, cancellation) && RetryDelay < wait)
                {
                    wait = RetryDelay;
                }

                await ScheduleAsync(lease, locationId, wait, cancellation);
            }
        );
        return due.Count == BatchRows;
    }

    private async Task<IReadOnlyList<(string LocationId, bool IsNew, bool IsClosed)>> ReadDueAsync(
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await connection.ListAsync<(string, bool, bool)>(
            $"""
            select l.location_id, case when w.location_id is null then 1 else 0 end,
                case when {LocationStates.Callable} then 0 else 1 end
            from location l
            left join location_check w on w.location_id = l.location_id
            where {LocationStates.Verified}
                and (w.due_at is null or w.due_at <= @now)
                and (l.paused_until is null or l.paused_until <= @now)
            order by w.due_at
            {connection.Limit($"{BatchRows}")}
            """,
            new { now = await connection.ExecuteScalarAsync<DateTimeOffset>(database.Sql("Now")) }
        );
    }

    private async Task<bool> VerifyAsync(string locationId, bool isClosed, CancellationToken cancellationToken)
    {
        try
        {
            var result = await check.VerifyAsync(locationId, cancellationToken);
            var isOpen = LocationStates.MayCallApple(result.Location.State);
            if (isClosed && isOpen)
            {
                database.Signals.TargetsRequested.Raise();
                Log.Reopened(logger, locationId);
            }

            if (result.Differences.Count > 0)
            {
                Log.Differs(logger, locationId, string.Join(", ", result.Differences.Select(one => one.Setting)));
            }
            else if (isOpen && await IsRotationDueAsync(locationId, cancellationToken))
            {
                await rotation.RotateAsync(locationId, overwrite: false, cancellationToken);
                Log.Rotated(logger, locationId);
            }

            return true;
        }
        catch (LocationException error)
        {
            Log.NotVerified(logger, locationId, error.Code, ErrorCode.From(error.InnerException ?? error));
            return false;
        }
        // A location that fails is retried later, and must not block the others.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.VerificationFailed(logger, locationId, exception);
            return false;
        }
    }

    private async Task<bool> IsRotationDueAsync(string locationId, CancellationToken cancellationToken)
    {
        if (options.Value.SecretRotationInterval is not { } interval)
        {
            return false;
        }

        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var before = await connection.ExecuteScalarAsync<DateTimeOffset>(database.Sql("Now")) - interval;
        var secrets = await SecretStore.ListAsync(connection, locationId);
        return secrets.Where(secret => secret.State == "active").All(secret => secret.CreatedAt <= before);
    }

    // The interval varies by a quarter each way, so that locations that were registered together are not always read together.
    private Task ScheduleAsync(Lease lease, string locationId, TimeSpan wait, CancellationToken cancellationToken)
    {
        var jittered = wait * (0.75 + (Random.Shared.NextDouble() / 2));
        return database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                var dueAt = await transaction.NowAsync() + jittered;
                await LocationCheckStore.ScheduleAsync(transaction, locationId, dueAt);
            },
            cancellationToken
        );
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Client Config of location {LocationId} differs from the stored settings: {Settings}. Run `locations verify`, which says what to do."
        )]
        public static partial void Differs(ILogger logger, string locationId, string settings);

        [LoggerMessage(
            LogLevel.Information,
            "Apple accepts the content token of location {LocationId} again; reads of its records resume."
        )]
        public static partial void Reopened(ILogger logger, string locationId);

        [LoggerMessage(LogLevel.Information, "Rotated the notification secret of location {LocationId}.")]
        public static partial void Rotated(ILogger logger, string locationId);

        [LoggerMessage(
            LogLevel.Warning,
            "Could not verify location {LocationId} at Apple ({Code}, {Error}); will retry."
        )]
        public static partial void NotVerified(ILogger logger, string locationId, LocationErrorCode code, string error);

        [LoggerMessage(LogLevel.Error, "Could not verify location {LocationId} at Apple; will retry.")]
        public static partial void VerificationFailed(ILogger logger, string locationId, Exception exception);
    }
}
