using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.FullSync;

/// <summary>Sends one request of a location's due full sync, so that refetch targets wait for no more than that.</summary>
internal sealed class FullSyncPass(
    Database database,
    RefetchContextFactory contexts,
    FullSyncRead read,
    FullSyncFinalizer finalizer,
    FullSyncFailures failures,
    FullSyncSchedule schedule,
    IOptions<FullSyncOptions> options
) : ILocationWork
{
    private readonly DueFullSyncs due = new();

    public bool IsEnabled => options.Value.Enabled;

    public Task<(IReadOnlyList<WaitingLocation> Due, DateTimeOffset? NextDueAt)> FindDueAsync(
        DbConnection connection,
        DateTimeOffset now
    ) => due.FindAsync(connection, now);

    Task ILocationWork.RunAsync(string locationId, Lease lease, CancellationToken cancellationToken) =>
        RunAsync(locationId, lease, cancellationToken);

    /// <returns>False if no full sync is due, or if Apple may not be called.</returns>
    public async Task<bool> RunAsync(string locationId, Lease lease, CancellationToken cancellationToken)
    {
        if (await BeginAsync(locationId, lease, cancellationToken) is not var (context, fullSync))
        {
            return false;
        }

        var afterPage = schedule.NextRequest;
        await StepAsync(context, fullSync);
        // A page is one request. Other steps read more than one, so the pause follows them.
        var nextRequest = fullSync.IsReading ? afterPage : schedule.NextRequest;
        await context.WriteAsync(transaction => FullSyncStore.DelayAsync(transaction, locationId, nextRequest));
        return true;
    }

    private async Task<(RefetchContext Context, FullSyncState FullSyncState)?> BeginAsync(
        string locationId,
        Lease lease,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var fullSyncs = await FullSyncStore.ReadAsync(connection, locationId);
        if (fullSyncs.Count == 0)
        {
            fullSyncs = await CreateAsync(locationId, lease, cancellationToken);
        }

        var first = fullSyncs
            .Where(fullSync => fullSync.DueAt <= schedule.Now)
            .OrderByDescending(fullSync => fullSync.IsImport)
            .ThenBy(fullSync => fullSync.DueAt)
            .FirstOrDefault();
        return
            first is not null
            && await contexts.CreateAsync(connection, locationId, lease, first.Cause, cancellationToken) is { } context
            ? (context, first)
            : null;
    }

    private Task<IReadOnlyList<FullSyncState>> CreateAsync(
        string locationId,
        Lease lease,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            lease,
            async transaction =>
            {
                await RefetchContext.EnsureLocationAsync(transaction, locationId);
                return await FullSyncStore.CreateAsync(transaction, locationId, schedule.Now);
            },
            cancellationToken
        );

    private async Task StepAsync(RefetchContext context, FullSyncState fullSync)
    {
        try
        {
            var after =
                fullSync.IsReading ? await read.ReadPageAsync(context, fullSync)
                : fullSync.Phase == FullSyncPhases.Removing ? fullSync
                : await finalizer.ContinueAsync(context, fullSync);
            if (after.Phase == FullSyncPhases.Removing)
            {
                await finalizer.FinishReadAsync(context, after);
            }
        }
        catch (AppleException exception)
        {
            await failures.RecordAsync(context, fullSync, exception);
        }
        catch (LocationClosedException)
        {
            // The full sync continues when the location is callable again.
        }
        // A kind of records that fails must not block the other kinds.
        catch (Exception exception) when (!RefetchContext.IsEndedBy(exception))
        {
            await failures.RecordAsync(context, fullSync, exception);
        }
    }
}

/// <summary>Finds the locations with a due full sync, and those whose import has not begun.</summary>
internal sealed class DueFullSyncs
{
    private static readonly TimeSpan NewLocationsInterval = TimeSpan.FromSeconds(2);

    // A location has at most five full syncs.
    public const string Due = $"""
        select s.location_id, l.paused_until, s.due_at
        from full_sync s
        cross join location l
        where s.due_at <= @now and l.location_id = s.location_id and {LocationStates.Callable}
        """;

    public const string Next = "select min(s.due_at) from full_sync s where s.due_at > @now";

    private const string NewLocations = $"""
        select l.location_id, l.paused_until
        from location l
        where {LocationStates.Callable} and not exists (select 1 from full_sync s where s.location_id = l.location_id)
        """;

    private (long Version, DateTimeOffset At, IReadOnlyList<WaitingLocation> Found) newLocations = (-1, default, []);

    public async Task<(IReadOnlyList<WaitingLocation> Due, DateTimeOffset? NextDueAt)> FindAsync(
        DbConnection connection,
        DateTimeOffset now
    )
    {
        var next = await connection.ExecuteScalarAsync<DateTimeOffset?>(Next, new { now });
        var due = await connection.QueryAsync<(string LocationId, DateTimeOffset? PausedUntil, DateTimeOffset DueAt)>(
            Due,
            new { now }
        );
        return (
            [
                .. due.Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, DueAt: null, row.DueAt)),
                .. await FindNewLocationsAsync(connection, now),
            ],
            next
        );
    }

    // This query scans all locations, so it runs only after locations have changed, and every two seconds while it finds some.
    private async Task<IReadOnlyList<WaitingLocation>> FindNewLocationsAsync(
        DbConnection connection,
        DateTimeOffset now
    )
    {
        var version = await connection.ExecuteScalarAsync<long>(
            "select value from change_counter where name = 'locations'"
        );
        if (
            newLocations.Version != version
            || newLocations.Found.Count > 0
            || (now - newLocations.At).Duration() >= NewLocationsInterval
        )
        {
            var found = await connection.QueryAsync<(string LocationId, DateTimeOffset? PausedUntil)>(NewLocations);
            newLocations = (
                version,
                now,
                [
                    .. found.Select(row => new WaitingLocation(
                        row.LocationId,
                        row.PausedUntil,
                        DueAt: null,
                        FullSyncAt: DateTimeOffset.UnixEpoch
                    )),
                ]
            );
        }

        return newLocations.Found;
    }
}
