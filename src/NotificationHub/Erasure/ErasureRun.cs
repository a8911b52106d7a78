using System.Data.Common;
using Dapper;
using NotificationHub.Routing;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Erasure;

/// <summary>Routing has not processed the earlier notifications yet, and could store what was erased.</summary>
internal sealed class RoutingBehindException()
    : Exception("Routing has not processed all notifications that were stored before.");

/// <summary>Erases a person or device phase by phase. An interrupted run continues with its last step, and each step can be repeated.</summary>
internal sealed class ErasureRun(Database database, TimeProvider time)
{
    private static readonly TimeSpan RoutingTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly LogErasure logs = new(database);
    private readonly SnapshotErasure snapshot = new(database);
    private readonly TargetErasure targets = new(database);
    private readonly ReportErasure reports = new(database);

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
            foreach (var locationId in await ReadLocationsAsync(run, cancellationToken))
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
            // Before the events: the next read must not compare with the record as it was.
            await AwaitRoutingAsync(run, cancellationToken);
            foreach (var locationId in await ReadLocationsAsync(run, cancellationToken))
            {
                await snapshot.RunAsync(run, locationId, cancellationToken);
                await targets.RunAsync(run, locationId, cancellationToken);
            }

            // The page tokens of full syncs and the error codes name no person or device.
            await reports.RunAsync(run, cancellationToken);
            await run.EnterAsync(ErasurePhases.Events, cancellationToken);
        }

        await logs.RedactAsync(run, ErasableLog.Events, (row, n) => row.Events += n, cancellationToken);
        await run.EndAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<string>> ReadLocationsAsync(
        ErasureState run,
        CancellationToken cancellationToken
    ) =>
        run.Row.LocationId is { } one
            ? [one]
            : await database.QueryAsync<string>(
                "select location_id from location order by location_id",
                null,
                cancellationToken
            );

    // A running router may have read notifications before they were redacted, and would create events and targets from them.
    private async Task AwaitRoutingAsync(ErasureState run, CancellationToken cancellationToken)
    {
        if (run.IsPreview)
        {
            return;
        }

        var started = time.GetTimestamp();
        var last = await database.ReadAsync(ErasableLog.Notifications.ReadLastAsync, cancellationToken);
        while (await IsBehindAsync(last, cancellationToken))
        {
            if (time.GetElapsedTime(started) > RoutingTimeout)
            {
                throw new RoutingBehindException();
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private async Task<bool> IsBehindAsync(long last, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await new LogCursor(RoutingPass.Name).ReadAsync(connection) < last && await IsRoutedAsync(connection);
    }

    private async Task<bool> IsRoutedAsync(DbConnection connection)
    {
        var now = await connection.ExecuteScalarAsync<DateTimeOffset>(database.Sql("Now"));
        return await connection.ExecuteScalarAsync<long>(
                $"select count(*) from lease where name = @Name and owner is not null and {LeaseKeeper.IsLive}",
                new { RoutingPass.Name, now }
            ) > 0;
    }
}
