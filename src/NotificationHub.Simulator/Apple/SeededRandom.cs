using System.Diagnostics.CodeAnalysis;

namespace NotificationHub.Simulator.Apple;

/// <summary>A thread-safe, repeatable source of random values.</summary>
[SuppressMessage("Security", "CA5394", Justification = "A simulation must be repeatable and protects nothing.")]
internal sealed class SeededRandom(int seed)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);

    public double Next()
    {
        lock (_lock)
        {
            return _random.NextDouble();
        }
    }

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        lock (_lock)
        {
            _random.NextBytes(bytes);
        }

        return bytes;
    }

    // Most of Apple's IDs look like a UUID.
    public string Id() => new Guid(Bytes(16)).ToString();

    public T[] Shuffle<T>(IEnumerable<T> items)
    {
        var shuffled = items.ToArray();
        lock (_lock)
        {
            _random.Shuffle(shuffled);
        }

        return shuffled;
    }
}
