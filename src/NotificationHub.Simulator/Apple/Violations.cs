using System.Collections.Concurrent;

namespace NotificationHub.Simulator.Apple;

/// <summary>What a client sent that a correct one never sends. Tests assert that there is nothing here.</summary>
internal sealed class Violations
{
    private readonly ConcurrentQueue<string> _found = new();

    public IReadOnlyList<string> Found => [.. _found];

    public void Add(string violation) => _found.Enqueue(violation);
}
