using System.Collections;
using System.Collections.Concurrent;

namespace NotificationHub.LocalBus;

/// <summary>What clients did that Service Bus refuses or loses; at most 100 entries. Injected faults are not among them.</summary>
public sealed class ViolationCollection : IReadOnlyCollection<string>
{
    private const int Kept = 100;
    private readonly ConcurrentQueue<string> entries = new();

    /// <inheritdoc/>
    public int Count => entries.Count;

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(string violation)
    {
        if (entries.Count < Kept)
        {
            entries.Enqueue(violation);
        }
    }
}
