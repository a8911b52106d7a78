using Microsoft.Azure.Amqp;

namespace NotificationHub.LocalBus;

/// <summary>A topic's scheduled messages.</summary>
internal sealed class ScheduledMessages : IDisposable
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<(DateTimeOffset At, long SequenceNumber), BusMessage> messages = [];
    private readonly TimeProvider time;
    private readonly Action<BusMessage> publish;
    private readonly ITimer timer;
    private long lastSequenceNumber;

    public ScheduledMessages(TimeProvider time, Action<BusMessage> publish)
    {
        (this.time, this.publish) = (time, publish);
        timer = time.CreateTimer(_ => PublishDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (gate)
            {
                return messages.Count;
            }
        }
    }

    public long Add(BusMessage message, DateTimeOffset at)
    {
        lock (gate)
        {
            messages.Add((at, ++lastSequenceNumber), message);
            Arm();
            return lastSequenceNumber;
        }
    }

    /// <summary>Cancels messages; none if one of them is not scheduled.</summary>
    public void Cancel(IReadOnlyCollection<long> sequenceNumbers)
    {
        lock (gate)
        {
            var found = messages.Keys.Where(key => sequenceNumbers.Contains(key.SequenceNumber)).ToList();
            if (found.Count < sequenceNumbers.Count)
            {
                throw new AmqpException(AmqpConditions.MessageNotFound, "A message is not scheduled, or no longer.");
            }

            found.ForEach(key => messages.Remove(key));
        }
    }

    public List<ArraySegment<byte>> Peek(long from, int count)
    {
        lock (gate)
        {
            return
            [
                .. messages
                    .Where(pair => pair.Key.SequenceNumber >= from)
                    .OrderBy(pair => pair.Key.SequenceNumber)
                    .Take(count)
                    .Select(pair => MessageEncoder.Encode(pair.Value, pair.Key.SequenceNumber)),
            ];
        }
    }

    public void Dispose() => timer.Dispose();

    private void PublishDue()
    {
        lock (gate)
        {
            while (messages.Count > 0 && messages.First() is var first && first.Key.At <= time.GetUtcNow())
            {
                messages.Remove(first.Key);
                publish(first.Value);
            }

            Arm();
        }
    }

    private void Arm()
    {
        if (messages.Count > 0)
        {
            var wait = messages.First().Key.At - time.GetUtcNow();
            timer.Change(
                wait < TimeSpan.Zero ? TimeSpan.Zero
                    : wait > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1)
                    : wait,
                Timeout.InfiniteTimeSpan
            );
        }
    }
}
