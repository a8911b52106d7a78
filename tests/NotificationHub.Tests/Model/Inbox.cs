using NotificationHub.Storage;

namespace NotificationHub.Tests.Model;

/// <summary>
/// A consumer's subscription: messages come out of order, some twice and some very late, whatever becomes of the hub that sent them. The
/// consumer's copy follows the documented rules, and now and then starts over from a snapshot.
/// </summary>
internal sealed class Inbox(Random random)
{
    private readonly List<(long Place, EventEntry Message)> onTheirWay = [];
    private long last;
    private long places;

    public RevisionCopy Copy { get; } = new();

    /// <summary>Everything that was sent, in the order of the log.</summary>
    public List<EventEntry> Sent { get; } = [];

    /// <summary>Takes up what the hub has published since, and hands over what has arrived.</summary>
    public async Task CollectAsync(Database database)
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

        Receive(places);
    }

    /// <summary>All that is still on its way arrives.</summary>
    public void Drain() => Receive(long.MaxValue);

    private void Send(EventEntry message)
    {
        last = message.Seq;
        places++;
        Sent.Add(message);
        for (var copies = random.Next(10) == 0 ? 2 : 1; copies > 0; copies--)
        {
            var delay = random.Next(30) == 0 ? random.Next(3_000) : random.Next(100);
            onTheirWay.Add((places + delay, message));
        }
    }

    private void Receive(long place)
    {
        Copy.Apply(onTheirWay.Where(one => one.Place <= place).OrderBy(one => one.Place).Select(one => one.Message));
        onTheirWay.RemoveAll(one => one.Place <= place);
    }
}
