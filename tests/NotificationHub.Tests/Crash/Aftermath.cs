using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;
using NotificationHub.Simulator.Demonstration;

namespace NotificationHub.Tests.Crash;

/// <summary>What must be so when everything has come to rest, whatever happened before.</summary>
internal sealed class Aftermath(HubDatabase database, Poster poster, LocalServiceBus bus, FeedWitness feed)
{
    public async Task ShouldBeWholeAsync()
    {
        poster.Unexpected.ShouldBeEmpty();
        feed.Changed.ShouldBeEmpty();
        bus.Violations.ShouldBeEmpty();
        await database.ShouldBeIntactAsync();
        await EveryAnsweredPostShouldBeStoredOnceAsync();
        await EveryNotificationShouldHaveItsEventAsync();
        await EverySubscriptionShouldHaveTheLogAsync();
    }

    private async Task EveryAnsweredPostShouldBeStoredOnceAsync()
    {
        // Apple's own notifications, where there are any, are of another location.
        var rows = await database.NotificationsAsync(poster.LocationId);
        rows.ShouldBeUnique();
        poster.Answered.Except(rows, StringComparer.Ordinal).ShouldBeEmpty("answered 200, but lost");
        rows.Except(poster.Posted, StringComparer.Ordinal).ShouldBeEmpty("stored, but never posted");
        (
            await database.QueryAsync<string>(
                """
                select notification_id
                from notification_log
                group by location_id, notification_id
                having sum(case when conflict = 0 then 1 else 0 end) <> 1
                """
            )
        ).ShouldBeEmpty("of those with the same id, only the first is in no conflict");
    }

    private async Task EveryNotificationShouldHaveItsEventAsync()
    {
        // An unrecognized notification has an event on topic hub, which does not refer to it.
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
        events.ShouldBeEmpty("notifications without, or with more than, one event");
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
        ).ShouldBe(0, "events out of the order of their notifications");
    }

    private async Task EverySubscriptionShouldHaveTheLogAsync()
    {
        var fed = feed.Events.Keys.Max(SeqOf);
        foreach (var topic in bus.Topics)
        {
            var seqs = await database.QueryAsync<long>(
                "select seq from event_log where topic = @Name order by seq",
                new { topic.Name }
            );
            var ids = seqs.Select(seq => $"1-{seq}").ToList();
            // The hub may publish more at any moment; later messages must only be later.
            foreach (var subscription in topic.Subscriptions)
            {
                var received = await Receiver.ReceiveAllAsync(
                    bus,
                    topic.Name,
                    subscription.Name,
                    CancellationToken.None,
                    atLeast: ids.Count
                );
                ShouldBeInOrderWithinSessions(received);
                var messages = received.OrderBy(message => message.SequenceNumber).ToList();
                var published = messages.Take(ids.Count).ToList();
                published.Select(message => message.MessageId).ShouldBe(ids, $"{topic.Name}/{subscription.Name}");
                messages
                    .Skip(ids.Count)
                    .Where(message => SeqOf(message.MessageId) <= (seqs.Count == 0 ? 0 : seqs[^1]))
                    .ShouldBeEmpty("doubled");
                published
                    .Where(message =>
                        SeqOf(message.MessageId) <= fed && feed.Events[message.MessageId] != message.Body.ToString()
                    )
                    .ShouldBeEmpty("the bus and the feed tell the same");
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
