using System.Globalization;
using Azure.Messaging.ServiceBus;
using Dapper;
using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Mdm;
using NotificationHub.Storage;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>The result of an audit.</summary>
/// <param name="OutOfOrder">Messages that a subscription received after a later message of the same topic.</param>
/// <param name="Relayed">Deliveries that the MDM accepted from the hub.</param>
internal readonly record struct Findings(
    Losses Losses,
    long OutOfOrder,
    IReadOnlyList<Received> Received,
    long Relayed
);

internal sealed record Received(
    string Topic,
    string Subscription,
    bool RequiresSession,
    IReadOnlyList<ServiceBusReceivedMessage> Messages
)
{
    // Order is guaranteed within a session, or for the whole subscription without sessions.
    public IEnumerable<IEnumerable<string>> Sequences =>
        RequiresSession
            ? Messages.GroupBy(message => message.SessionId, message => message.MessageId)
            : [Messages.Select(message => message.MessageId)];
}

/// <summary>Follows each notification from Apple's delivery to the subscribers, and compares their copy with Apple's records.</summary>
internal sealed class Audit(
    SimulatedApple apple,
    SimulatedLocation location,
    LocalServiceBus bus,
    SimulatedMdm? mdm = null
)
{
    private readonly Subscriber subscriber = new();
    private readonly Dictionary<(string Topic, string Subscription), List<ServiceBusReceivedMessage>> received = [];

    /// <summary>Receives all messages of all subscriptions, which are empty afterwards.</summary>
    /// <param name="unread">The name of a subscription without a consumer.</param>
    public async Task ReceiveAsync(CancellationToken cancellationToken, string? unread = null)
    {
        foreach (var topic in bus.Topics)
        {
            foreach (var subscription in topic.Subscriptions.Where(one => one.Name != unread))
            {
                var messages = await Receiver.ReceiveAllAsync(bus, topic.Name, subscription.Name, cancellationToken);
                if (!received.TryAdd((topic.Name, subscription.Name), [.. messages]))
                {
                    received[(topic.Name, subscription.Name)].AddRange(messages);
                }
            }
        }
    }

    /// <summary>Receives the remaining messages, and checks all that were received.</summary>
    public async Task<Findings> RunAsync(Database database, CancellationToken cancellationToken)
    {
        var losses = await FollowNotificationsAsync(database, cancellationToken);
        var expected = await ReadEventsAsync(database, cancellationToken);
        await ReceiveAsync(cancellationToken);
        List<Received> all =
        [
            .. received.Select(one => new Received(
                one.Key.Topic,
                one.Key.Subscription,
                bus.Subscription(one.Key.Topic, one.Key.Subscription).RequiresSession,
                one.Value
            )),
        ];

        // The hub still runs and may have published more events meanwhile.
        var possible = await ReadEventsAsync(database, cancellationToken);
        var outOfOrder = 0L;
        foreach (var one in all)
        {
            losses += Losses.Between(
                [.. expected[one.Topic]],
                [.. possible[one.Topic]],
                [.. one.Messages.Select(message => message.MessageId)]
            );
            outOfOrder += one.Sequences.Sum(CountOutOfOrder);
            foreach (var message in one.Messages)
            {
                subscriber.Apply(message);
            }
        }

        var relayed = mdm is null
            ? default
            : RelayAudit.Run(
                apple.Notifications,
                await ReadNotificationsAsync(database, cancellationToken),
                mdm.Accepted
            );
        losses += relayed.Losses + new Losses(Lost: DifferencesToApple(), 0, 0);
        return new Findings(losses, outOfOrder + relayed.OutOfOrder, all, relayed.Received);
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
                // Apple may have timed out although the hub stored the notification.
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

    private static async Task<IReadOnlyList<string>> ReadNotificationsAsync(
        Database database,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var rows = await connection.QueryAsync<(string Id, byte[] Body)>(
            "select notification_id, body from notification_log order by seq"
        );
        return [.. rows.Select(row => MdmDelivery.Identify(row.Id, row.Body))];
    }

    // Delivery is at least once: only the first arrival of each message must be in log order.
    private static long CountOutOfOrder(IEnumerable<string> messageIds) =>
        CountDescents(messageIds.Distinct(StringComparer.Ordinal).Select(SeqOf));

    internal static long CountDescents(IEnumerable<long> seqs)
    {
        var (latest, outOfOrder) = (0L, 0L);
        foreach (var seq in seqs)
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

internal readonly record struct Losses(long Lost, long Duplicated, long Unexpected)
{
    public static Losses operator +(Losses left, Losses right) =>
        new(left.Lost + right.Lost, left.Duplicated + right.Duplicated, left.Unexpected + right.Unexpected);

    /// <summary>Compares the expected items with those found.</summary>
    public static Losses Between<T>(IReadOnlyCollection<T> expected, IReadOnlyCollection<T> found)
        where T : notnull => Between(expected, expected, found);

    /// <param name="possible">All expected items, and others that may be there.</param>
    public static Losses Between<T>(
        IReadOnlyCollection<T> expected,
        IReadOnlyCollection<T> possible,
        IReadOnlyCollection<T> found
    )
        where T : notnull
    {
        var once = found.ToHashSet();
        return new Losses(
            Lost: expected.Distinct().LongCount(item => !once.Contains(item)),
            Duplicated: found.Count - once.Count,
            Unexpected: once.Except(possible).LongCount()
        );
    }
}
