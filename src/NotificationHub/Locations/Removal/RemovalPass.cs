using NotificationHub.Locations.Takeovers;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Removal;

/// <summary>Continues interrupted removals, and ends them when the period for late notifications is over.</summary>
internal sealed partial class RemovalPass(
    Database database,
    LocationRemoval removal,
    LocationDataDeletion deletion,
    TrustedClock clock,
    ILogger<RemovalPass> logger
)
{
    /// <summary>How long late notifications of a removed location get a 200.</summary>
    public static readonly TimeSpan LatePeriod = TimeSpan.FromDays(1);

    // Apple may take minutes to respond for one location.
    private const int Parallelism = 4;

    /// <returns>False: failed removals are retried after a pause.</returns>
    public async Task<bool> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(
            await database.ReadAsync(RemovalStore.ListAsync, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
            async (pending, cancellation) => await TryContinueAsync(lease, pending, cancellation)
        );
        return false;
    }

    private async Task TryContinueAsync(Lease lease, PendingRemoval pending, CancellationToken cancellationToken)
    {
        try
        {
            await ContinueAsync(lease, pending, cancellationToken);
        }
        catch (LocationException error)
        {
            // For example Busy: the command is still running.
            Log.Postponed(logger, pending.LocationId, error.Code);
        }
        // A removal that fails is retried, and must not block the others.
        catch (Exception exception)
            when (exception is not LeaseLostException && !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, pending.LocationId, exception);
        }
    }

    private async Task ContinueAsync(Lease lease, PendingRemoval pending, CancellationToken cancellationToken)
    {
        if (pending.RemovedAt is not { } removedAt)
        {
            await removal.ResumeAsync(pending, cancellationToken);
        }
        else if (await HasLatePeriodEndedAsync(lease, pending.LocationId, removedAt, cancellationToken))
        {
            await EndAsync(lease, pending, cancellationToken);
        }
        else if (pending is { DeleteData: true, DeletedAt: null })
        {
            await removal.DeleteDataAsync(pending.LocationId, cancellationToken);
        }
    }

    private async Task<bool> HasLatePeriodEndedAsync(
        Lease lease,
        string locationId,
        DateTimeOffset removedAt,
        CancellationToken cancellationToken
    )
    {
        var now = await clock.ReadAsync(cancellationToken);
        if (removedAt <= now.Future)
        {
            return now.Now - removedAt >= LatePeriod;
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

            await deletion.RunAsync(pending.LocationId, everything: true, cancellationToken);
        }

        await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                if (pending.DeleteData)
                {
                    await LocationStore.DeleteAsync(transaction, pending.LocationId);
                }

                await ReplacedConfigurations.DeleteAsync(transaction, pending.LocationId);
                await RemovalStore.EndAsync(transaction, pending.LocationId);
            },
            cancellationToken
        );
        Log.Ended(logger, pending.LocationId);
    }

    private async Task<bool> IsAwaitingRoutingAsync(string locationId, CancellationToken cancellationToken) =>
        await database.ScalarAsync<long>(
            """
            select count(*)
            from notification_log
            where seq > coalesce((select position from log_cursor where name = 'routing'), 0)
                and location_id = @locationId
            """,
            new { locationId },
            cancellationToken
        ) > 0;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Completed the removal of location {LocationId}.")]
        public static partial void Ended(ILogger logger, string locationId);

        [LoggerMessage(
            LogLevel.Warning,
            "Could not continue the removal of location {LocationId} ({Code}); will retry."
        )]
        public static partial void Postponed(ILogger logger, string locationId, LocationErrorCode code);

        [LoggerMessage(LogLevel.Error, "Could not continue the removal of location {LocationId}; will retry.")]
        public static partial void Failed(ILogger logger, string locationId, Exception exception);
    }
}
