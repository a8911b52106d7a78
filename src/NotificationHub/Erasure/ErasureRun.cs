using System.Data.Common;
using Dapper;
using NotificationHub.Routing;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Erasure;

/// <summary>Routing has not come to what was posted before: it may yet write what was taken out.</summary>
internal sealed class RoutingBehindException()
    : Exception("Routing has not come as far as the posts that were there before.");

/// <summary>
/// Takes a person or a device out of everything that is kept, phase by phase. Where it was cut off it goes on from the last step; to do a step twice
/// does no harm.
/// </summary>
internal sealed class ErasureRun(Database database, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly LogErasure logs = new(database);
    private readonly SnapshotErasure snapshot = new(database);
    private readonly TargetErasure targets = new(database);
    private readonly ReportErasure reports = new(database);

    /// <exception cref="RoutingBehindException">It is to be gone on with later.</exception>
    public async Task RunAsync(ErasureState run, CancellationToken cancellationToken)
    {
        if (run.Row.Phase == ErasurePhases.CollectNotifications)
        {
            await logs.CollectAsync(run, ErasableLog.Notifications, cancellationToken);
            await run.EnterAsync(ErasurePhases.CollectEvents, cancellationToken);
        }

        if (run.Row.Phase == ErasurePhases.CollectEvents)
        {
            await logs.CollectAsync(run, ErasableLog.Events, cancellationToken);
            foreach (var locationId in await LocationsAsync(run, cancellationToken))
            {
                await snapshot.CollectAsync(run, locationId, cancellationToken);
            }

            await run.EnterAsync(ErasurePhases.Notifications, cancellationToken);
        }

        if (run.Row.Phase == ErasurePhases.Notifications)
        {
            await logs.RedactAsync(
                run,
                ErasableLog.Notifications,
                (row, n) => row.Notifications += n,
                cancellationToken
            );
            await run.EnterAsync(ErasurePhases.Records, cancellationToken);
        }

        if (run.Row.Phase == ErasurePhases.Records)
        {
            // The snapshot before the events: what is read next must not find the record as it was.
            await AwaitRoutingAsync(run, cancellationToken);
            foreach (var locationId in await LocationsAsync(run, cancellationToken))
            {
                await snapshot.RunAsync(run, locationId, cancellationToken);
                await targets.RunAsync(run, locationId, cancellationToken);
            }

            // The places of full syncs and the words of faults name nobody.
            await reports.RunAsync(run, cancellationToken);
            await run.EnterAsync(ErasurePhases.Events, cancellationToken);
        }

        await logs.RedactAsync(run, ErasableLog.Events, (row, n) => row.Events += n, cancellationToken);
        await run.EndAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<string>> LocationsAsync(ErasureState run, CancellationToken cancellationToken)
    {
        if (run.Row.LocationId is { } one)
        {
            return [one];
        }

        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return (await connection.QueryAsync<string>("select location_id from location order by location_id")).AsList();
    }

    /// <summary>A router that runs may have read notifications as they were, and would write events and targets of them.</summary>
    private async Task AwaitRoutingAsync(ErasureState run, CancellationToken cancellationToken)
    {
        if (run.IsRehearsal)
        {
            return;
        }

        var started = time.GetTimestamp();
        long last;
        await using (var connection = await database.OpenReaderAsync(cancellationToken))
        {
            last = await ErasableLog.Notifications.LastAsync(connection);
        }

        while (await IsBehindAsync(last, cancellationToken))
        {
            if (time.GetElapsedTime(started) > Patience)
            {
                throw new RoutingBehindException();
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    private async Task<bool> IsBehindAsync(long last, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await new LogCursor(RoutingPass.Name).ReadAsync(connection) < last && await IsRoutedAsync(connection);
    }

    private async Task<bool> IsRoutedAsync(DbConnection connection)
    {
        var now = await connection.ExecuteScalarAsync<long>(database.Sql("Now"));
        return await connection.ExecuteScalarAsync<long>(
                $"select count(*) from lease where name = @Name and owner is not null and {LeaseKeeper.IsLive}",
                new { RoutingPass.Name, now }
            ) > 0;
    }
}
