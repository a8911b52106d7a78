using NotificationHub.OperationTracking;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

internal enum RerouteResult
{
    Rerouted,

    /// <summary>There is no such notification.</summary>
    NotFound,

    /// <summary>It was routed as it should be, or is about to be.</summary>
    NotSetAside,

    AlreadyRerouted,

    /// <summary>The location was removed, and its stored data is being deleted or soon will be.</summary>
    LocationRemoved,

    /// <summary>It still does not fit; nothing was changed.</summary>
    StillUnrecognized,
}

/// <param name="Result">What became of it.</param>
/// <param name="Faults">What does not fit.</param>
/// <param name="Events">The names of the events that were appended.</param>
internal sealed record RerouteOutcome(RerouteResult Result, IReadOnlyList<string> Faults, IReadOnlyList<string> Events);

/// <summary>
/// Routes a notification that was set aside (rejected, quarantined, unrecognized) as if it had been accepted, because an
/// operator decided so: events and targets are appended and the notification is marked, in one transaction and once only.
/// </summary>
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
        // Lock until the commit: a purge that deletes the notification then starts later, and also finds the event.
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
            return new RerouteOutcome(RerouteResult.StillUnrecognized, routed.Faults, []);
        }

        var now = await transaction.NowAsync();
        await targets.RequestAsync(transaction, routed.Targets, now);
        if (routed.Heard is { } heard)
        {
            var operations = new OperationProgressBatch();
            operations.Add(heard with { ReceivedAt = now });
            await operations.WriteAsync(transaction);
        }

        await NotificationLog.SetDispositionAsync(transaction, entry.Seq, Disposition.Rerouted, entry.Error);
        // The event comes to be now, however long ago the post came.
        List<NewEvent> events = [.. routed.Events.Select(told => told with { CreatedAt = now })];
        transaction.AppendEvents(events, seqs => NotificationLog.NoteReroutedAsync(transaction, entry.Seq, seqs[^1]));
        return new RerouteOutcome(RerouteResult.Rerouted, [], [.. events.Select(told => told.Type)]);
    }

    private static RerouteOutcome Refuse(RerouteResult result) => new(result, [], []);
}
