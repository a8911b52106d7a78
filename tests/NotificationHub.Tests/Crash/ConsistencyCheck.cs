using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;
using NotificationHub.Simulator.Demonstration;

namespace NotificationHub.Tests.Crash;

/// <summary>Checks the database, the bus and the feed against each other after all work is done.</summary>
internal sealed class ConsistencyCheck(
    HubDatabase database,
    NotificationSender sender,
    LocalServiceBus bus,
    FeedRecorder feed
)
{
    public async Task ShouldBeConsistentAsync()
    {
        sender.Unexpected.ShouldBeEmpty();
        feed.Changed.ShouldBeEmpty();
        bus.Violations.ShouldBeEmpty();
        await database.ShouldBeUndamagedAsync();
        await EveryAcceptedNotificationShouldBeStoredOnceAsync();
        await EveryNotificationShouldHaveItsEventAsync();
        await EverySubscriptionShouldHaveEveryEventAsync();
    }

    private async Task EveryAcceptedNotificationShouldBeStoredOnceAsync()
    {
        // The simulated Apple sends notifications for another location.
        var rows = await database.NotificationsAsync(sender.LocationId);
        rows.ShouldBeUnique();
        sender.Accepted.Except(rows, StringComparer.Ordinal).ShouldBeEmpty("accepted, but lost");
        rows.Except(sender.Sent, StringComparer.Ordinal).ShouldBeEmpty("stored, but never sent");
        (
            await database.QueryAsync<string>(
                """
                select notification_id
                from notification_log
                group by location_id, notification_id
                having sum(case when conflict = 0 then 1 else 0 end) <> 1
                """
            )
        ).ShouldBeEmpty("exactly one notification per ID is stored without a conflict");
    }

    private async Task EveryNotificationShouldHaveItsEventAsync()
    {
        // The event of an unrecognized notification, on topic hub, has no notification_seq.
        var events = await database.QueryAsync<(long Notification, long Events)>(
            """
            with published as (
                select notification_seq as seq
                from event_log
                where notification_seq is not null
                union all
                select cast(replace(subject, 'notifications/', '') as bigint)
                from event_log
                where type = 'notification.unrecognized'
            )
            select n.seq, count(published.seq)
            from notification_log n
            left join published on published.seq = n.seq
            group by n.seq
            having count(published.seq) <> 1
            """
        );
        events.ShouldBeEmpty("each notification has exactly one event");
        (
            await database.ScalarAsync<long>(
                """
                select count(*)
                from (
                    select notification_seq, lag(notification_seq) over (order by seq) as before
                    from event_log
                    where notification_seq is not null
                ) published
                where notification_seq <= before
                """
            )
        ).ShouldBe(0, "events are in the order of their notifications");
    }

    private async Task EverySubscriptionShouldHaveEveryEventAsync()
    {
        var lastRead = feed.Events.Keys.Max(SeqOf);
        foreach (var topic in bus.Topics)
        {
            var seqs = await database.QueryAsync<long>(
                "select seq from event_log where topic = @Name order by seq",
                new { topic.Name }
            );
            var ids = seqs.Select(seq => $"1-{seq}").ToList();
            // The hub may publish more events after this query. Each subscription receives them after the events in ids.
            foreach (var subscription in topic.Subscriptions)
            {
                var received = await Receiver.ReceiveAllAsync(
                    bus,
                    topic.Name,
                    subscription.Name,
                    CancellationToken.None,
                    atLeast: ids.Count
                );
                var live = received.Where(message => !message.ApplicationProperties.ContainsKey("replay")).ToList();
                ShouldBeInOrderWithinSessions(live);
                var messages = live.OrderBy(message => message.SequenceNumber).ToList();
                var published = messages.Take(ids.Count).ToList();
                published.Select(message => message.MessageId).ShouldBe(ids, $"{topic.Name}/{subscription.Name}");
                messages
                    .Skip(ids.Count)
                    .Where(message => SeqOf(message.MessageId) <= (seqs.Count == 0 ? 0 : seqs[^1]))
                    .ShouldBeEmpty("published twice");
                published
                    .Where(message =>
                        SeqOf(message.MessageId) <= lastRead
                        && feed.Events[message.MessageId] != message.Body.ToString()
                    )
                    .ShouldBeEmpty("an event has the same content on the bus and in the feed");
            }
        }
    }

    private static void ShouldBeInOrderWithinSessions(IEnumerable<ServiceBusReceivedMessage> received)
    {
        foreach (var session in received.GroupBy(message => message.SessionId, StringComparer.Ordinal))
        {
            session.Select(message => message.SequenceNumber).ShouldBeInOrder();
        }
    }

    private static long SeqOf(string id) => long.Parse(id[2..]);
}
