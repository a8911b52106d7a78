using System.Globalization;
using Dapper;
using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>What an audit found.</summary>
/// <param name="Losses">Notifications, events and messages against what had to be there.</param>
/// <param name="OutOfOrder">Messages that came to a subscription after a later one of their topic's log.</param>
internal readonly record struct Findings(Losses Losses, long OutOfOrder);

/// <summary>Follows every notification from Apple's answer to the last subscriber, and the records back from Apple.</summary>
internal sealed class Audit(SimulatedApple apple, SimulatedLocation location, LocalServiceBus bus)
{
    // Its subscriptions are received through the SDK. The bus reports what came to the others.
    private const string ReceivedTopic = "assets";

    private readonly Subscriber subscriber = new();

    /// <summary>Receives all messages of one topic: afterwards its subscriptions are empty.</summary>
    public async Task<Findings> RunAsync(Database database, CancellationToken cancellationToken)
    {
        var losses = await FollowNotificationsAsync(database, cancellationToken);
        var logged = await ReadEventsAsync(database, cancellationToken);
        var outOfOrder = 0L;
        foreach (var topic in bus.Topics)
        {
            string[] expected = [.. logged[topic.Name]];
            foreach (var subscription in topic.Subscriptions)
            {
                string[] arrived = [.. subscription.Messages.Select(message => message.MessageId)];
                losses += Losses.Between(expected, arrived);
                outOfOrder += CountOutOfOrder(arrived);
            }
        }

        foreach (var subscription in bus.Topic(ReceivedTopic).Subscriptions)
        {
            var received = await Receiver.ReceiveAllAsync(bus, ReceivedTopic, subscription.Name, cancellationToken);
            losses += Losses.Between([.. logged[ReceivedTopic]], [.. received.Select(message => message.MessageId)]);
            foreach (var session in received.GroupBy(message => message.SessionId))
            {
                outOfOrder += subscription.RequiresSession
                    ? CountOutOfOrder(session.Select(message => message.MessageId))
                    : 0;
            }

            foreach (var message in received)
            {
                subscriber.Apply(message);
            }
        }

        return new Findings(losses + new Losses(Lost: DifferencesToApple(), 0, 0), outOfOrder);
    }

    private async Task<Losses> FollowNotificationsAsync(Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var stored = await connection.QueryAsync<string?>("select notification_id from notification_log");
        var routable = await connection.QueryAsync<long>("select seq from notification_log where disposition = 0");
        var notified = await connection.QueryAsync<long>(
            "select notification_seq from event_log where notification_seq is not null"
        );
        var sent = apple.Notifications;
        return Losses.Between(
                [.. sent.Where(notification => notification.IsAnswered).Select(one => one.NotificationId)],
                // An answer can be late for Apple: then it is stored all the same.
                [.. sent.Select(notification => notification.NotificationId)],
                [.. stored.Select(id => id ?? "")]
            ) + Losses.Between(routable.AsList(), notified.AsList());
    }

    private static async Task<ILookup<string, string>> ReadEventsAsync(
        Database database,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var rows = await connection.QueryAsync<(string Topic, string Id)>(
            "select topic, (select max(epoch) from log_epoch where log = 'event') || '-' || seq from event_log"
        );
        return rows.ToLookup(row => row.Topic, row => row.Id, StringComparer.Ordinal);
    }

    /// <summary>Sent again does not count: at least once means that the first arrivals are in the log's order.</summary>
    private static long CountOutOfOrder(IEnumerable<string> messageIds)
    {
        var (latest, outOfOrder) = (0L, 0L);
        foreach (var seq in messageIds.Distinct(StringComparer.Ordinal).Select(SeqOf))
        {
            outOfOrder += seq < latest ? 1 : 0;
            latest = Math.Max(latest, seq);
        }

        return outOfOrder;
    }

    private static long SeqOf(string messageId) =>
        long.Parse(
            messageId.AsSpan(messageId.IndexOf('-', StringComparison.Ordinal) + 1),
            CultureInfo.InvariantCulture
        );

    private long DifferencesToApple() => subscriber.DifferencesTo(location.ExportState());
}
