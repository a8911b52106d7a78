using System.Globalization;
using Azure.Messaging.ServiceBus;
using Dapper;
using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>What an audit found.</summary>
/// <param name="Losses">Notifications, events and messages against what had to be there.</param>
/// <param name="OutOfOrder">Messages that came to a subscription after a later one of their topic's log.</param>
/// <param name="Received">The messages of each subscription.</param>
internal readonly record struct Findings(Losses Losses, long OutOfOrder, IReadOnlyList<Received> Received);

/// <summary>The messages that a subscriber received from a subscription.</summary>
internal sealed record Received(
    string Topic,
    string Subscription,
    bool RequiresSession,
    IReadOnlyList<ServiceBusReceivedMessage> Messages
)
{
    /// <summary>The message IDs whose order is guaranteed: within each session, otherwise by sequence number.</summary>
    public IEnumerable<IEnumerable<string>> Sequences =>
        RequiresSession
            ? Messages.GroupBy(message => message.SessionId, message => message.MessageId)
            : [Messages.Select(message => message.MessageId)];
}

/// <summary>Follows every notification from Apple's answer to the last subscriber, and the records back from Apple.</summary>
internal sealed class Audit(SimulatedApple apple, SimulatedLocation location, LocalServiceBus bus)
{
    private readonly Subscriber subscriber = new();

    /// <summary>Receives all messages of all subscriptions: afterwards they are empty.</summary>
    public async Task<Findings> RunAsync(Database database, CancellationToken cancellationToken)
    {
        var losses = await FollowNotificationsAsync(database, cancellationToken);
        var expected = await ReadEventsAsync(database, cancellationToken);
        List<Received> all = [];
        foreach (var topic in bus.Topics)
        {
            foreach (var subscription in topic.Subscriptions)
            {
                all.Add(
                    new Received(
                        topic.Name,
                        subscription.Name,
                        subscription.RequiresSession,
                        await Receiver.ReceiveAllAsync(bus, topic.Name, subscription.Name, cancellationToken)
                    )
                );
            }
        }

        // The hub still runs and may have published more events meanwhile.
        var possible = await ReadEventsAsync(database, cancellationToken);
        var outOfOrder = 0L;
        foreach (var received in all)
        {
            losses += Losses.Between(
                [.. expected[received.Topic]],
                [.. possible[received.Topic]],
                [.. received.Messages.Select(message => message.MessageId)]
            );
            outOfOrder += received.Sequences.Sum(CountOutOfOrder);
            foreach (var message in received.Messages)
            {
                subscriber.Apply(message);
            }
        }

        return new Findings(losses + new Losses(Lost: DifferencesToApple(), 0, 0), outOfOrder, all);
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
