using Dapper;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>What was lost, what was there twice.</summary>
internal readonly record struct Losses(long Lost, long Doubled)
{
    public static Losses operator +(Losses left, Losses right) =>
        new(left.Lost + right.Lost, left.Doubled + right.Doubled);

    /// <summary>Compares what had to be there once with what was there.</summary>
    public static Losses Between<T>(IEnumerable<T> expected, IEnumerable<T> found)
        where T : notnull
    {
        var counts = found.GroupBy(item => item).ToDictionary(group => group.Key, group => group.Count());
        var lost = expected.Count(item => !counts.ContainsKey(item));
        return new Losses(lost, counts.Values.Sum(count => (long)count - 1));
    }
}

/// <summary>Follows every notification from Apple's answer to the last subscriber, and the records back from Apple.</summary>
internal static class Audit
{
    public static async Task<Losses> RunAsync(
        Database database,
        SimulatedApple apple,
        SimulatedLocation location,
        SimulatedServiceBus bus,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var stored = await connection.QueryAsync<string>("select notification_id from notification_log");
        var notified = await connection.QueryAsync<long>(
            "select notification_seq from event_log where notification_seq is not null"
        );
        var routable = await connection.QueryAsync<long>("select seq from notification_log where disposition = 0");
        var events = (
            await connection.QueryAsync<(string Topic, string Id)>(
                """
                select topic, (select max(epoch) from log_epoch where log = 'event') || '-' || seq
                from event_log
                """
            )
        ).ToLookup(row => row.Topic, row => row.Id, StringComparer.Ordinal);

        var answered = apple.Notifications.Where(notification => notification.IsAnswered);
        var losses =
            Losses.Between(answered.Select(notification => notification.NotificationId), stored)
            + Losses.Between(routable, notified);
        foreach (var topic in bus.Topics)
        {
            foreach (var subscription in topic.Subscriptions)
            {
                losses += Losses.Between(
                    events[topic.Name],
                    subscription.Messages.Select(message => message.MessageId)
                );
            }
        }

        return losses + new Losses(CopyFrom(bus).DifferencesTo(location.ExportState()), 0);
    }

    private static Subscriber CopyFrom(SimulatedServiceBus bus)
    {
        var subscriber = new Subscriber();
        foreach (var message in bus.Messages("assets", "inventory"))
        {
            subscriber.Take(message);
        }

        return subscriber;
    }
}
