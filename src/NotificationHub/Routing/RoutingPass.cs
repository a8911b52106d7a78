using System.Diagnostics;
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

    /// <summary>Routes the next page and returns its number of notifications.</summary>
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
        var position = await cursor.ReadAsync(connection);
        var page = await NotificationLog.ReadPageAsync(connection, position, PageRows, cancellationToken);
        return (position, page, page.Count == 0 ? [] : await RoutingLocations.ReadAsync(connection, page));
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
            "Could not route notification {Seq} because of an unexpected error. It is stored as unrecognized; later ones continue."
        )]
        public static partial void RoutingFailed(ILogger logger, long seq, Exception exception);
    }
}
