using System.Collections;
using System.Collections.Concurrent;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>What a sender or receiver did that Service Bus would refuse, or lose. Tests assert that it is empty.</summary>
internal sealed class Violations : IReadOnlyCollection<string>
{
    private const int Kept = 100;
    private readonly ConcurrentQueue<string> entries = new();

    public int Count => entries.Count;

    public void Add(string violation)
    {
        if (entries.Count < Kept)
        {
            entries.Enqueue(violation);
        }
    }

    public IEnumerator<string> GetEnumerator() => entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
