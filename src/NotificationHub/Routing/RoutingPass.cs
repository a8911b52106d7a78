using System.Data.Common;
using System.Diagnostics;
using Dapper;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Telemetry;

namespace NotificationHub.Routing;

/// <summary>Reads a page of the notification log, and commits its events and refetch targets together with the cursor.</summary>
internal sealed partial class RoutingPass(
    Database database,
    NotificationRouter router,
    RefetchTargets targets,
    RoutingMetrics metrics,
    TimeProvider time,
    ILogger<RoutingPass> logger
)
{
    /// <summary>The name of the stage's cursor and lease.</summary>
    public const string Name = "routing";

    public const int PageRows = 1_000;

    private readonly LogCursor cursor = new(Name);
    private readonly RoutingLocations bindings = new(database);

    /// <exception cref="LeaseLostException">Another replica routes now, and repeats what is not committed.</exception>
    public async Task<int> RouteNextPageAsync(Lease lease, CancellationToken cancellationToken)
    {
        var (position, page, locations) = await ReadAsync(cancellationToken);
        if (page.Count == 0)
        {
            return 0;
        }

        using var trace = HubTraces.Begin("route", ActivityKind.Internal, page.Select(entry => entry.Traceparent));
        trace.Cover(page.Count, page[0].Seq, page[^1].Seq);
        try
        {
            await RouteAsync(lease, position, page, locations, cancellationToken);
        }
        catch (Exception exception)
        {
            trace.Fail(exception.GetType().Name);
            throw;
        }

        return page.Count;
    }

    private async Task RouteAsync(
        Lease lease,
        long position,
        IReadOnlyList<NotificationEntry> page,
        Dictionary<string, RoutedLocation> locations,
        CancellationToken cancellationToken
    )
    {
        await bindings.BindAsync(lease, page, locations, cancellationToken);

        var chunk = new RoutingChunk(position);
        var committed = 0;
        foreach (var entry in page)
        {
            chunk.Add(entry, Route(entry, locations.GetValueOrDefault(entry.LocationId, RoutedLocation.Unknown)));
            if (chunk.IsFull || entry == page[^1])
            {
                await CommitAsync(lease, chunk, cancellationToken);
                committed += metrics.Routed(page, committed, chunk.To, time);
                chunk = new RoutingChunk(chunk.To);
            }
        }
    }

    private async Task<(long, IReadOnlyList<NotificationEntry>, Dictionary<string, RoutedLocation>)> ReadAsync(
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var state = await cursor.ReadStateAsync(connection);
        var page =
            database.RecentNotifications.Read(state, PageRows, _ => true)?.Select(recent => recent.Row).ToList()
            ?? await NotificationLog.ReadPageAsync(connection, state.Position, PageRows, cancellationToken);
        return (state.Position, page, page.Count == 0 ? [] : await RoutingLocations.ReadAsync(connection, page));
    }

    private RoutedNotification Route(NotificationEntry entry, RoutedLocation location)
    {
        try
        {
            return router.Route(entry, location);
        }
        // A bug that one notification triggers must not block the later ones.
        catch (Exception exception)
        {
            Log.RoutingFailed(logger, entry.Seq, exception);
            return NotificationRouter.Unrecognized(entry, [$"the hub failed to read it ({exception.GetType().Name})"]);
        }
    }

    private Task CommitAsync(Lease lease, RoutingChunk chunk, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async transaction =>
            {
                var now = await lease.EnsureAsync(transaction);
                await targets.RequestAsync(transaction, chunk.Targets, now);
                await chunk.Progress.WriteAsync(transaction);
                foreach (var (seq, routed) in chunk.Changed)
                {
                    await NotificationLog.SetDispositionAsync(transaction, seq, routed.Disposition, routed.ErrorText);
                }

                await cursor.MoveAsync(transaction, chunk.From, chunk.To, now);
                transaction.AppendEvents(chunk.Events);
            },
            cancellationToken
        );

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "Could not route notification {Seq} because of an unexpected error. It is stored as unrecognized; later ones continue. Report the error."
        )]
        public static partial void RoutingFailed(ILogger logger, long seq, Exception exception);
    }
}

/// <param name="Refetches">Whether the location has a content token, so that records can be read.</param>
internal sealed record RoutedLocation(string? UId, bool Refetches)
{
    public static RoutedLocation Unknown { get; } = new(UId: null, Refetches: false);
}

internal sealed class RoutingLocations(Database database)
{
    public static async Task<Dictionary<string, RoutedLocation>> ReadAsync(
        DbConnection connection,
        IEnumerable<NotificationEntry> page
    )
    {
        var locationIds = page.Select(entry => entry.LocationId).ToHashSet(StringComparer.Ordinal);
        var rows = await connection.QueryAsync<(string LocationId, string? UId, bool Refetches)>(
            """
            select location_id, u_id, case when receive_only = 0 and content_token is not null then 1 else 0 end
            from location
            where location_id in @locationIds
            """,
            new { locationIds = locationIds.InList() }
        );
        return rows.ToDictionary(
            row => row.LocationId,
            row => new RoutedLocation(row.UId, row.Refetches),
            StringComparer.Ordinal
        );
    }

    // A receive-only location takes the uId of its first accepted notification. From then on, the intake quarantines others.
    public async Task BindAsync(
        Lease lease,
        IReadOnlyList<NotificationEntry> page,
        Dictionary<string, RoutedLocation> locations,
        CancellationToken cancellationToken
    )
    {
        foreach (var (locationId, location) in locations.Where(pair => pair.Value.UId is null).ToList())
        {
            var first = page.FirstOrDefault(entry =>
                entry.LocationId == locationId && entry is { Disposition: Disposition.Accepted, UId.Length: > 0 }
            );
            if (first?.UId is { } uId && await TryBindAsync(lease, locationId, uId, cancellationToken))
            {
                locations[locationId] = location with { UId = uId };
            }
        }
    }

    private Task<bool> TryBindAsync(Lease lease, string locationId, string uId, CancellationToken cancellationToken) =>
        database.WriteAsync(
            lease,
            async transaction =>
            {
                // If another location has this uId, this one stays without: the hub could not distinguish them.
                var bound = await transaction.ExecuteAsync(
                    """
                    update location
                    set u_id = @uId
                    where location_id = @locationId and u_id is null and state <> 'removed'
                        and not exists (select 1 from location where u_id = @uId and state <> 'removed')
                    """,
                    new { locationId, uId }
                );
                if (bound == 0)
                {
                    return false;
                }

                await transaction.ExecuteAsync("update change_counter set value = value + 1 where name = 'locations'");
                transaction.OnCommit(transaction.Signals.LocationsChanged);
                return true;
            },
            cancellationToken
        );
}

internal sealed class RoutingWorker(
    RoutingPass pass,
    Signals signals,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<RoutingWorker> logger
) : LeasedWorker(leases, RoutingPass.Name, time, logger)
{
    // A pass after every commit would halve the intake rate, and coalesce fewer targets.
    private static readonly TimeSpan MinRest = TimeSpan.FromMilliseconds(50);

    // The most that a rest adds to the delay of an event.
    private static readonly TimeSpan MaxRest = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            var started = Time.GetTimestamp();
            var appended = signals.NotificationsAppended.Next;
            var routed = await pass.RouteNextPageAsync(lease, cancellationToken);
            var took = Time.GetElapsedTime(started);
            if (routed == 0)
            {
                await Signal.WaitAsync(appended, PollInterval, Time, cancellationToken);
            }
            else if (routed < RoutingPass.PageRows)
            {
                // Under load, rest twice as long as the pass took: passes become fewer and larger, their targets coalesce,
                // and the writer and the cores remain available to the intake.
                var rest = Math.Clamp(2 * took.Ticks, MinRest.Ticks, MaxRest.Ticks);
                await Task.Delay(TimeSpan.FromTicks(rest), Time, cancellationToken);
            }
        }
    }
}
