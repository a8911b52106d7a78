using System.Data.Common;
using System.Text.Json;
using Dapper;
using NotificationHub.OperationTracking;
using NotificationHub.Refetch.Targets;
using NotificationHub.Routing;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <summary>The outcome of a notification.</summary>
/// <param name="Entry">The notification.</param>
/// <param name="IsRouted">False while routing has not reached the notification.</param>
/// <param name="Events">Its events, in the order of the log.</param>
/// <param name="Reads">The records that it made the hub read again.</param>
/// <param name="Changes">The changes that were found in these records since, the first ones.</param>
/// <param name="EventId">Apple's ID of the operation that caused it.</param>
/// <param name="Operations">The tracked operation; several locations can have the same ID.</param>
internal sealed record NotificationOutcome(
    NotificationEntry Entry,
    bool IsRouted,
    IReadOnlyList<EventEntry> Events,
    IReadOnlyList<RequestedRead> Reads,
    IReadOnlyList<EventEntry> Changes,
    string? EventId,
    IReadOnlyList<Operation> Operations
);

/// <param name="Request">What the notification requested.</param>
/// <param name="Target">The target as it is now; null if it was deleted since.</param>
internal sealed record RequestedRead(MergedRequest Request, StoredTarget? Target);

/// <summary>Follows a notification through the stages.</summary>
// The tables of the stages do not refer back to notifications, so that routing writes no more than it needs. Routing is pure: repeating
// it says what a notification requested.
internal sealed class NotificationTrail(Database database, NotificationRouter router)
{
    private const int MaxReads = 100;
    private const int MaxChanges = 50;

    // Events of notifications that were received at about the same time can come between the events of one.
    private const int Window = 20_000;
    private const int MaxWindows = 50;
    private const int MaxEvents = 10;

    private static readonly LogCursor Routing = new(RoutingPass.Name);

    /// <returns>Null if there is no such notification.</returns>
    public async Task<NotificationOutcome?> FindAsync(long seq, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        if (await NotificationLog.FindAsync(connection, seq) is not { } entry)
        {
            return null;
        }

        var position = await Routing.ReadAsync(connection);
        var events = await FindEventsAsync(connection, seq, cancellationToken);
        var routed = entry.Disposition is Disposition.Accepted or Disposition.Rerouted or Disposition.Unrecognized
            ? router.RouteAccepted(entry, new RoutedLocation(entry.UId, await RefetchesAsync(connection, entry)))
            : null;
        var requests = routed?.Targets.Take(MaxReads).ToList() ?? [];
        var eventId = routed?.Progress?.EventId;
        return new NotificationOutcome(
            entry,
            IsRouted: seq <= position,
            events,
            await FindTargetsAsync(connection, requests),
            events.Count == 0 ? [] : await FindChangesAsync(connection, requests, events[0].Seq, cancellationToken),
            eventId,
            eventId is null ? [] : await OperationStore.FindAsync(connection, eventId)
        );
    }

    private static async Task<bool> RefetchesAsync(DbConnection connection, NotificationEntry entry) =>
        await connection.ExecuteScalarAsync<long>(
            "select count(*) from location where location_id = @LocationId and receive_only = 0 and content_token is not null",
            new { entry.LocationId }
        ) > 0;

    private static async Task<IReadOnlyList<EventEntry>> FindEventsAsync(
        DbConnection connection,
        long seq,
        CancellationToken cancellationToken
    )
    {
        List<EventEntry> found = [];
        var near = await FindNearAsync(connection, seq);
        foreach (var eventSeq in await ReadSeqsAsync(connection, seq, new SeqRange(near - Window, near + Window)))
        {
            if (await EventLog.FindAsync(connection, eventSeq) is { } entry)
            {
                found.Add(entry);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }

        return found;
    }

    private static Task<IReadOnlyList<long>> ReadSeqsAsync(DbConnection connection, long seq, SeqRange range) =>
        connection.ListAsync<long>(
            $"""
            select seq
            from event_log
            where seq >= @first and seq <= @last and (notification_seq = @seq or subject = @subject)
            union
            select event_seq
            from rerouted_notification
            where notification_seq = @seq
            order by 1
            {connection.Limit(MaxEvents)}
            """,
            new
            {
                first = range.First,
                last = range.Last,
                seq,
                subject = $"notifications/{seq}",
            }
        );

    /// <summary>Finds an event of this notification or of one received at about the same time, by a binary search.</summary>
    private static async Task<long> FindNearAsync(DbConnection connection, long seq)
    {
        var range = await TimedLog.Events.ReadRangeAsync(connection);
        var (low, high) = (range.First, range.Last);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            // Of several events, because an operator can route an old notification at any time.
            var notifications = await ReadNotificationsAsync(connection, middle, high);
            if (notifications.Count > 0 && notifications.Max() < seq)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private static async Task<IReadOnlyList<long>> ReadNotificationsAsync(DbConnection connection, long from, long end)
    {
        for (var i = 0; i < MaxWindows && from < end; i++)
        {
            // A restore leaves a gap.
            from = await EventLog.ReadNextAsync(connection, from - 1);
            var found = await connection.ListAsync<long>(
                $"""
                select notification_seq
                from event_log
                where seq >= @from and seq <= @last and notification_seq is not null
                order by seq
                {connection.Limit("3")}
                """,
                new { from, last = Math.Min(end, from + Window) }
            );
            if (found.Count > 0)
            {
                return found;
            }

            from += Window;
        }

        return [];
    }

    private async Task<IReadOnlyList<RequestedRead>> FindTargetsAsync(
        DbConnection connection,
        IReadOnlyList<MergedRequest> requests
    )
    {
        if (requests.Count == 0)
        {
            return [];
        }

        var keys = requests.Select(TargetKey.From).Distinct().ToList();
        var targets = (
            await connection.QueryAsync<StoredTarget>(
                database.Sql("FindTargets"),
                new
                {
                    Keys = JsonSerializer.Serialize(
                        keys.Select(key => new[] { key.LocationId, key.KindName, key.Key })
                    ),
                }
            )
        ).ToDictionary(target => new TargetKey(target.LocationId, target.KindName, target.Key));
        return [.. requests.Select(one => new RequestedRead(one, targets.GetValueOrDefault(TargetKey.From(one))))];
    }

    private static async Task<IReadOnlyList<EventEntry>> FindChangesAsync(
        DbConnection connection,
        IReadOnlyList<MergedRequest> requests,
        long after,
        CancellationToken cancellationToken
    )
    {
        List<EventEntry> found = [];
        foreach (var match in requests.Select(GetMatch).DistinctBy(match => match.From))
        {
            found.AddRange(
                await RecordHistory.ReadAsync(
                    connection,
                    match,
                    requests[0].LocationId,
                    new SeqRange(after + 1, long.MaxValue),
                    MaxChanges - found.Count,
                    cancellationToken,
                    isOldestFirst: true
                )
            );
            if (found.Count >= MaxChanges)
            {
                break;
            }
        }

        return [.. found.OrderBy(entry => entry.Seq)];
    }

    // The key of a target for assignments is that of their asset or subscription.
    private static RecordMatch GetMatch(MergedRequest request) =>
        (request.Kind.CountedBy, request.Holder) switch
        {
            (null, _) => RecordMatch.Subject(
                request.Kind == RecordKind.User
                    ? UserKeys.Subject(request.Key)
                    : $"{request.Kind.SubjectPrefix}/{request.Key}"
            ),
            (_, { } holder) => RecordMatch.Subject(
                $"{request.Kind.SubjectPrefix}/{RecordKeys.Assignment(request.Key, holder)}"
            ),
            _ => RecordMatch.Under($"{request.Kind.SubjectPrefix}/{request.Key}"),
        };
}
