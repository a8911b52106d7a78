using NotificationHub.OperationTracking;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

internal enum RerouteResult
{
    Rerouted,

    NotFound,

    /// <summary>The notification was or will be routed without the operator.</summary>
    NotSetAside,

    AlreadyRerouted,

    /// <summary>The location was removed, and its stored data is being deleted or soon will be.</summary>
    LocationRemoved,

    StillUnrecognized,
}

internal sealed record RerouteOutcome(RerouteResult Result, IReadOnlyList<string> Errors, IReadOnlyList<string> Events);

/// <summary>Routes a notification that is rejected, quarantined or unrecognized, once, on request of an operator.</summary>
internal sealed class Reroute(Database database, NotificationRouter router, RefetchTargets targets)
{
    public Task<RerouteOutcome> RerouteAsync(long seq, Actor actor, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async transaction =>
            {
                var entry = await transaction.FirstOrDefaultAsync<NotificationEntry>(
                    $"select {NotificationLog.Columns} from notification_log where seq = @seq",
                    new { seq }
                );
                var outcome = entry?.Disposition switch
                {
                    null => Refuse(RerouteResult.NotFound),
                    Disposition.Accepted => Refuse(RerouteResult.NotSetAside),
                    Disposition.Rerouted => Refuse(RerouteResult.AlreadyRerouted),
                    _ => await RouteAsync(transaction, entry),
                };
                await AuditLog.RecordAsync(
                    transaction,
                    actor,
                    new AuditedAct("notifications reroute", entry?.LocationId, $"notification {seq}"),
                    outcome.Result == RerouteResult.Rerouted ? AuditOutcome.Succeeded : AuditOutcome.Refused
                );
                return outcome;
            },
            cancellationToken
        );

    private async Task<RerouteOutcome> RouteAsync(WriteTransaction transaction, NotificationEntry entry)
    {
        // Lock the location until the commit: a deletion of the notification then waits, and also finds the event.
        var location = await transaction.FirstOrDefaultAsync<(long IsRemoved, long Refetches)?>(
            $"""
            select case when state = 'removed' then 1 else 0 end,
                case when receive_only = 0 and content_token is not null then 1 else 0 end
            from location{transaction.Connection.ForUpdate}
            where location_id = @LocationId
            """,
            entry
        );
        if (location?.IsRemoved == 1)
        {
            return Refuse(RerouteResult.LocationRemoved);
        }

        var refetches = location?.Refetches == 1;
        var routed = router.RouteAccepted(entry, new RoutedLocation(entry.UId, refetches));
        if (routed.Disposition != Disposition.Accepted)
        {
            return new RerouteOutcome(RerouteResult.StillUnrecognized, routed.Errors, []);
        }

        var now = await transaction.NowAsync();
        await targets.RequestAsync(transaction, routed.Targets, now);
        if (routed.Progress is { } progress)
        {
            var operations = new OperationProgressBatch();
            operations.Add(progress with { ReceivedAt = now });
            await operations.WriteAsync(transaction);
        }

        await NotificationLog.SetDispositionAsync(transaction, entry.Seq, Disposition.Rerouted, entry.Error);
        await transaction.RecordLogChangeAsync();
        // The event is created now, even if the notification is old.
        List<NewEvent> events = [.. routed.Events.Select(appended => appended with { CreatedAt = now })];
        transaction.AppendEvents(events, seqs => NotificationLog.RecordReroutedAsync(transaction, entry.Seq, seqs[^1]));
        return new RerouteOutcome(RerouteResult.Rerouted, [], [.. events.Select(appended => appended.Type)]);
    }

    private static RerouteOutcome Refuse(RerouteResult result) => new(result, [], []);
}
