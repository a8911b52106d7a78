using System.Diagnostics.CodeAnalysis;

namespace NotificationHub.Simulator.Apple;

/// <summary>A random source that threads share and a seed repeats.</summary>
[SuppressMessage(
    "Security",
    "CA5394",
    Justification = "A simulation must be repeatable; nothing here guards anything."
)]
internal sealed class SeededRandom(int seed)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);

    /// <summary>A number from 0 up to but not including 1.</summary>
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

    /// <summary>An id that looks like a UUID, as most of Apple's do.</summary>
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
