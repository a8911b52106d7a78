using System.Collections;
using System.Collections.Concurrent;

namespace NotificationHub.LocalBus;

/// <summary>Client errors that Service Bus rejects, or that lose messages; at most 100 entries, without injected faults.</summary>
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
