using NotificationHub.Storage;

namespace NotificationHub.Tests.Model;

/// <summary>
/// A consumer's subscription that delivers messages out of order, some twice and some very late. The consumer applies the documented
/// rules to its copy.
/// </summary>
internal sealed class UnreliableSubscription(Random random)
{
    private readonly List<(long Position, EventEntry Message)> inFlight = [];
    private long last;
    private long position;

    public RevisionCopy Copy { get; } = new();

    /// <summary>All messages, in the order of the event log.</summary>
    public List<EventEntry> Sent { get; } = [];

    /// <summary>Publishes the new events of the log and applies the messages that have arrived.</summary>
    public async Task PublishAsync(Database database)
    {
        await using (var connection = await database.OpenReaderAsync(CancellationToken.None))
        {
            IReadOnlyList<EventEntry> page;
            do
            {
                page = await EventLog.ReadPageAsync(
                    connection,
                    last,
                    new EventFilter(),
                    10_000,
                    CancellationToken.None
                );
                foreach (var message in page)
                {
                    Send(message);
                }
            } while (page.Count > 0);
        }

        Receive(position);
    }

    /// <summary>Applies all messages that are still in flight.</summary>
    public void Drain() => Receive(long.MaxValue);

    private void Send(EventEntry message)
    {
        last = message.Seq;
        position++;
        Sent.Add(message);
        for (var copies = random.Next(10) == 0 ? 2 : 1; copies > 0; copies--)
        {
            var delay = random.Next(30) == 0 ? random.Next(3_000) : random.Next(100);
            inFlight.Add((position + delay, message));
        }
    }

    private void Receive(long upTo)
    {
        Copy.Apply(inFlight.Where(one => one.Position <= upTo).OrderBy(one => one.Position).Select(one => one.Message));
        inFlight.RemoveAll(one => one.Position <= upTo);
    }
}
