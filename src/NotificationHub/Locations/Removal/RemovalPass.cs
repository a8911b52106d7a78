using Dapper;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Removal;

/// <summary>Goes on with removals that were cut off, and ends those whose day of late posts is over.</summary>
internal sealed partial class RemovalPass(
    Database database,
    LocationRemoval removal,
    LocationDataDeletion erasure,
    TrustedClock clock,
    ILogger<RemovalPass> logger
)
{
    /// <summary>How long late posts of a removed location are answered 200.</summary>
    public static readonly TimeSpan LatePosts = TimeSpan.FromDays(1);

    /// <summary>How many are gone on with at once: Apple may keep one waiting for minutes.</summary>
    private const int AtOnce = 4;

    /// <param name="lease">The lease of the watch.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    /// <returns>False: what could not go on is tried again after a pause.</returns>
    public async Task<bool> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(
            await ListAsync(cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (pending, cancellation) => await TryGoOnAsync(lease, pending, cancellation)
        );
        return false;
    }

    private async Task TryGoOnAsync(Lease lease, PendingRemoval pending, CancellationToken cancellationToken)
    {
        try
        {
            await GoOnAsync(lease, pending, cancellationToken);
        }
        catch (LocationException fault)
        {
            // Busy: the command that began it is still at it.
            Log.Postponed(logger, pending.LocationId, fault.Code);
        }
        // A removal that fails is retried, and must not block the others.
        catch (Exception exception)
            when (exception is not LeaseLostException && !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, pending.LocationId, exception);
        }
    }

    private async Task GoOnAsync(Lease lease, PendingRemoval pending, CancellationToken cancellationToken)
    {
        if (pending.RemovedAt is not { } removedAt)
        {
            await removal.ResumeAsync(pending, cancellationToken);
        }
        else if (await IsDayOverAsync(lease, pending.LocationId, removedAt, cancellationToken))
        {
            await EndAsync(lease, pending, cancellationToken);
        }
        else if (pending is { DeleteData: true, DeletedAt: null })
        {
            await removal.EraseAsync(pending.LocationId, cancellationToken);
        }
    }

    private async Task<bool> IsDayOverAsync(
        Lease lease,
        string locationId,
        long removedAt,
        CancellationToken cancellationToken
    )
    {
        var now = await clock.ReadAsync(cancellationToken);
        if (removedAt <= now.Future)
        {
            return now.Now - removedAt >= LatePosts.TotalMilliseconds;
        }

        // The clock was ahead when the location was removed. How long ago that was is unknown: the day begins now.
        await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                await LocationStore.CorrectRemovalTimeAsync(transaction, locationId, removedAt, now.Now);
            },
            cancellationToken
        );
        return false;
    }

    private async Task EndAsync(Lease lease, PendingRemoval pending, CancellationToken cancellationToken)
    {
        await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                await transaction.ExecuteAsync(
                    "update notification_secret set state = 'retired' where location_id = @LocationId",
                    pending
                );
                await LocationStore.IncrementVersionAsync(transaction);
            },
            cancellationToken
        );
        if (pending.DeleteData)
        {
            if (await IsAwaitingRoutingAsync(pending.LocationId, cancellationToken))
            {
                // A router that has already read its notifications would append events that refer to deleted rows.
                return;
            }

            await erasure.RunAsync(pending.LocationId, everything: true, cancellationToken);
        }

        await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                if (pending.DeleteData)
                {
                    await LocationStore.DeleteAsync(transaction, pending.LocationId);
                }

                await RemovalStore.EndAsync(transaction, pending.LocationId);
            },
            cancellationToken
        );
        Log.Ended(logger, pending.LocationId);
    }

    private async Task<bool> IsAwaitingRoutingAsync(string locationId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(
                """
                select count(*)
                from notification_log
                where seq > coalesce((select position from log_cursor where name = 'routing'), 0)
                    and location_id = @locationId
                """,
                new { locationId }
            ) > 0;
    }

    private async Task<IReadOnlyList<PendingRemoval>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await RemovalStore.ListAsync(connection);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The removal of location {LocationId} has come to its end.")]
        public static partial void Ended(ILogger logger, string locationId);

        [LoggerMessage(
            LogLevel.Warning,
            "The removal of location {LocationId} could not go on ({Fault}); it is tried again."
        )]
        public static partial void Postponed(ILogger logger, string locationId, LocationErrorCode fault);

        [LoggerMessage(LogLevel.Error, "The removal of location {LocationId} could not go on; it is tried again.")]
        public static partial void Failed(ILogger logger, string locationId, Exception exception);
    }
}
